/** What comes while something else is under way: nobody's word is lost, and no debug that we turned on is forgotten. */
import { describe, expect, test } from 'vitest';
import { ourDebugs } from '../../shared/coordinate/arming-state.ts';
import { after } from '../../shared/model/time.ts';
import {
  arm,
  armed,
  arming,
  armingOf,
  armRules,
  armSpokeRules,
  armTimer,
  armTried,
  bookAfter,
  busy,
  cleared,
  disarm,
  disarmTried,
  HOUR,
  ISAKMP,
  offAndCleared,
  orders,
  preflighted,
  renewed,
  tripped,
} from './arming-given.ts';
import {
  alert,
  at,
  attempted,
  CRYPTO,
  debugsRead,
  find,
  flowOf,
  id,
  kinds,
  recovered,
  run,
  sighting,
  stop,
  timer,
} from './given.ts';

const rules = armRules();
const hold = (on: boolean) => ({ kind: 'hold', on }) as const;
const seen = (cryptoOn: boolean) => ({ kind: 'debugs-seen', cryptoOn }) as const;

describe('a person’s disarm is the last word, wherever it meets us', () => {
  test('during the pre-flight', () => {
    const book = bookAfter(rules, at(0, arm()), at(500, disarm()), at(1_000, preflighted()));
    expect(armingOf(book)).toBe('disarmed blocked person');
  });

  test.each(['undone', 'unresolved', 'armed'] as const)('while it is being armed, which ends %s', (result) => {
    const inputs = [...arming(0), at(1_500, disarm()), at(2_000, armTried(result)), ...offAndCleared(3_000)];
    expect(armingOf(bookAfter(rules, ...inputs))).toBe('disarmed blocked person');
  });

  test('while it never comes back', () => {
    const inputs = [...arming(0), at(1_500, disarm()), at(96_000, armTimer('hung')), ...offAndCleared(97_000)];
    expect(armingOf(bookAfter(rules, ...inputs))).toBe('disarmed blocked person');
  });

  test('while the lease is ending them', () => {
    const inputs = [...armed(0), at(902_000, armTimer('lease')), at(902_500, disarm()), ...offAndCleared(903_000)];
    expect(armingOf(bookAfter(rules, ...inputs))).toBe('disarmed blocked person');
  });

  test('while an incident’s conditions go', () => {
    const inputs = [...armed(0), at(3_000, sighting()), at(3_300, debugsRead(CRYPTO)), at(21_000, timer('stop'))];
    const book = bookAfter(rules, ...inputs, at(21_200, attempted(0, 'verified')), at(21_300, disarm()), at(22_000, cleared()));
    expect(armingOf(book)).toBe('disarmed blocked person');
  });

  test('the next try is not promised by an alarm any more', () => {
    const { book } = run(rules, [at(0, arm()), at(1_000, busy), at(2_000, disarm())]);
    expect([armingOf(book), book.alarms]).toEqual(['disarmed blocked person', []]);
  });
});

describe('an incident that came while it was being armed decides about re-arming', () => {
  const came = [...arming(0), at(1_200, sighting()), at(1_500, debugsRead()), at(19_200, timer('stop'))];

  test.each(['undone', 'unresolved', 'armed'] as const)('which ends %s', (result) => {
    const { book, steps } = run(armRules({ rearm: { kind: 'never' } }), [...came, at(20_000, attempted(0, 'verified'))]);
    expect(find(steps.at(-2)!.effects, 'attempt-stop'), 'ours may be on by now').toHaveLength(1);
    const end = run(armRules({ rearm: { kind: 'never' } }), [at(21_000, armTried(result)), ...offAndCleared(22_000)], book).book;
    expect(armingOf(end)).toBe('disarmed blocked after-incident');
    expect(end.arming.endedBy).toBe(id(1));
  });

  test('before its stop is verified: its own verdict counts, not an older one’s', () => {
    const { book } = run(rules, [...came, at(19_300, armTried('armed')), ...offAndCleared(19_500)]);
    expect(book.arming.endedBy).toBe(id(1));
    expect(armingOf(book)).toBe('disarmed blocked judging');
  });
});

describe('what the t0 list says of debugs that came after it', () => {
  test('armed between the list and the stop: the stop turns them off, by name', () => {
    const { last, book } = run(rules, [
      ...arming(0),
      at(1_200, sighting()),
      at(1_500, debugsRead()),
      at(2_000, armTried('armed')),
      at(19_200, timer('stop')),
    ]);
    expect(last.reason).toBe('stop-time');
    expect(find(last.effects, 'attempt-stop')).toMatchObject([{ own: ['isakmp', 'ipsec'] }]);
    expect(book.incidents[0]!.stop.kind).toBe('running');
  });

  test('with stop: all too: nobody else’s were on at t0', () => {
    const inputs = [...arming(0, 'person'), at(1_200, sighting()), at(1_500, debugsRead()), at(2_000, armTried('armed'))];
    const { last } = run(armRules({ when: 'manual' }, { stopMode: 'all' }), [...inputs, at(19_200, timer('stop'))]);
    expect(find(last.effects, 'attempt-stop')).toMatchObject([{ own: ['isakmp', 'ipsec'], only: null }]);
  });

  test('armed before it, and nothing on at t0: somebody has turned them off, and nothing is sent', () => {
    const { last } = run(rules, [...armed(0), at(3_000, sighting()), at(3_300, debugsRead()), at(21_000, timer('stop'))]);
    expect(last.reason).toBe('nothing-on');
    expect(kinds(last.effects)).not.toContain('attempt-stop');
  });

  test('verified off and only conditions left: a new incident finds nothing of ours', () => {
    const disarming = [...armed(0), at(3_000, disarm()), at(3_500, disarmTried(0, 'off'))];
    expect(ourDebugs(bookAfter(rules, ...disarming))).toEqual([]);
  });
});

describe('a hold', () => {
  test('set while a stop is ahead that then is none: nothing stays armed under it', () => {
    const inputs = [...armed(0), at(3_000, sighting({ spoofable: true })), at(3_100, hold(true))];
    const waits = run(rules, inputs).book;
    expect(armingOf(waits)).toBe('armed');
    const { book, last } = run(
      rules,
      [
        at(3_200, { kind: 'corroborated', incident: id(1), flow: flowOf(0), result: 'absent', detail: '' }),
        at(21_000, timer('stop')),
      ],
      waits,
    );
    expect(armingOf(book)).toBe('disarming');
    expect(orders(last.effects)).toContain('off:control:isakmp+ipsec');
  });

  test('keeps a pre-flight from going on, and what was planned is done after it', () => {
    const after5 = armRules({ when: 'manual', rearm: { kind: 'after', afterMs: 60_000 } });
    const story = [
      ...armed(0, 'person'),
      at(3_000, sighting()),
      at(3_300, debugsRead(CRYPTO)),
      at(21_000, timer('stop')),
      at(21_400, attempted(0, 'verified')),
      at(22_000, cleared()),
      at(90_000, arm()),
    ];
    const { book } = run(after5, [...story, at(90_100, hold(true)), at(91_000, preflighted({}, 2)), at(92_000, hold(false))]);
    expect(book.arming.state.kind).toBe('disarmed');
    expect(book.arming.armAt).not.toBeNull();
  });
});

describe('conditions left behind', () => {
  const left = { conditions: 'left', conditionsLeft: ['11.1.1.3'] } as const;
  const kept = [...armed(0), at(3_000, disarm()), at(3_500, disarmTried(0, 'off')), at(4_000, disarmTried(0, 'off', left))];

  test('are removed later without a person’s disarm being forgotten', () => {
    const before = bookAfter(rules, ...kept);
    expect([armingOf(before), before.arming.leftConditions]).toEqual(['disarmed blocked person', ['11.1.1.3']]);
    expect(before.alarms.map(({ key }) => key)).toEqual(['conditions-left']);
    const { book, steps } = run(rules, [at(60_000, seen(false)), at(61_000, cleared(0, 2))], before);
    expect(orders(steps[0]!.effects)).toEqual(['off:control:conditions', 'hung@125000', 'disarm-bound@90000']);
    expect([armingOf(book), book.arming.leftConditions, book.alarms]).toEqual(['disarmed blocked person', [], []]);
  });

  test('not while somebody’s crypto debug is on, nor on another mode, nor with a stop ahead', () => {
    const before = bookAfter(rules, ...kept);
    expect(find(run(rules, [at(60_000, seen(true))], before).last.effects, 'disarm-device')).toEqual([]);
    expect(find(run({ ...rules, mode: 'capture' }, [at(60_000, seen(false))], before).last.effects, 'disarm-device')).toEqual([]);
    const busyNow = run(rules, [at(59_000, sighting()), at(60_000, seen(false))], before);
    expect(find(busyNow.last.effects, 'disarm-device')).toEqual([]);
  });

  test('no session for them: no alarm about debugs, of which there are none', () => {
    const before = bookAfter(rules, ...kept);
    const tries = [0, 1, 2].map((n) =>
      at(61_000 + n * 1_000, disarmTried(n, 'not-sent', { conditions: 'failed', conditionsLeft: ['11.1.1.3'] }, 2)),
    );
    const { book } = run(rules, [at(60_000, seen(false)), ...tries, at(91_000, armTimer('disarm-bound', 2))], before);
    expect(armingOf(book)).toBe('disarmed blocked person');
    expect(book.alarms.map(({ key }) => key)).toEqual(['conditions-left']);
  });

  test('of an older configuration: arming for others does not forget them', () => {
    const before = bookAfter(rules, ...kept);
    const now = armRules({ plan: { ...rules.arming.plan, conditions: ['11.1.1.9'] } });
    const { book } = run(now, armed(70_000, 'person', 2), before);
    expect(armingOf(book)).toBe('armed');
    expect(book.arming.leftConditions).toEqual(['11.1.1.3']);
    const end = run(now, [at(80_000, disarm()), ...offAndCleared(81_000, 2)], book).book;
    expect(end.arming.leftConditions).toEqual(['11.1.1.3']);
  });
});

describe('an alarm that a person has taken over', () => {
  const failing = [0, 1, 2].map((n) => at(4_000 + n * 100, disarmTried(n, 'not-sent')));

  test('ends the attempts, keeps the conditions in mind, and arms nothing by itself', () => {
    const story = [...armed(0), at(3_000, disarm()), ...failing, at(33_000, armTimer('disarm-bound'))];
    const standing = run(rules, story);
    expect(standing.last.reason).toBe('disarm-given-to-human');
    const alarm = standing.book.alarms.find(({ key }) => key === 'disarm')!;
    expect(alarm.remedy).toBe('log in to box (192.0.2.1) and type: undebug all');
    const { book, steps } = run(
      rules,
      [at(40_000, { kind: 'acknowledge', alarm: alarm.id }), at(41_000, armTimer('disarm-retry')), at(100_000, arm())],
      standing.book,
    );
    expect(armingOf(book)).toBe('disarmed blocked given-up');
    expect(book.arming.leftConditions).toEqual(['11.1.1.3']);
    expect(steps[1]!.effects).toEqual([]);
    expect(steps[2]!.reason).toBe('waiting');
  });

  test('is over once they are armed again: nobody gives up the new ones by it', () => {
    const story = [...armed(0), at(3_000, disarm()), ...failing, at(33_000, armTimer('disarm-bound'))];
    const standing = run(rules, story).book;
    const alarm = standing.alarms.find(({ key }) => key === 'disarm')!.id;
    const acknowledged = run(rules, [at(40_000, { kind: 'acknowledge', alarm })], standing).book;
    const { book } = run(rules, armed(100_000, 'person', 2), acknowledged);
    expect(armingOf(book)).toMatch(/^armed/);
    const { book: still, last } = run(rules, [at(120_000, { kind: 'acknowledge', alarm })], book);
    expect([last.reason, armingOf(still)]).toEqual(['unknown-alarm', armingOf(book)]);
  });

  test('of an incident’s stop: nothing is armed for anybody any more', () => {
    const story = [
      ...armed(0),
      at(3_000, sighting()),
      at(3_300, debugsRead(CRYPTO)),
      at(21_000, timer('stop')),
      ...[0, 1, 2].map((n) => at(21_100 + n * 100, attempted(n, 'not-sent'))),
      at(51_000, timer('stop-bound')),
    ];
    const standing = run(rules, story).book;
    const alarm = standing.alarms.find(({ key }) => key === `stop:${id(1)}`)!;
    const { book } = run(rules, [at(60_000, { kind: 'acknowledge', alarm: alarm.id })], standing);
    expect(armingOf(book)).toBe('disarmed blocked given-up');
    expect(book.arming.spentMs).toBe(58_000);
    expect(book.arming.leftConditions).toEqual(['11.1.1.3']);
  });
});

describe('a peer can never keep debugs on', () => {
  const remote = armRules({ when: 'manual', maxDebugMs: 10 * HOUR }, { stopMode: 'all' });

  test('its arm of what is armed renews nothing', () => {
    const { book, last } = run(remote, [...armed(0, 'peer'), at(9 * HOUR, renewed()), at(9 * HOUR + 1, arm('peer'))]);
    expect(last.reason).toBe('arm-under-way');
    expect(last.effects).toEqual([]);
    expect(run(remote, [at(10 * HOUR + 2_000, armTimer('max-debug'))], book).last.reason).toBe('max-debug-reached');
  });

  test('the wake that ends the total ends it, whatever fractions the times have: it would be woken at once, for ever', () => {
    for (let part = 1; part <= 200; part++) {
      let { book, last } = run(
        remote,
        armed(0, 'peer').map((input) => ({ ...input, at: after(input.at, part / 7_919.3) })),
      );
      const reasons = [];
      for (let wakes = 0; wakes < 2; wakes++) {
        const due = find(last.effects, 'arm-wake').find(({ name }) => name === 'max-debug')!.at;
        ({ book, last } = run(remote, [{ ...at(0, armTimer('max-debug')), at: due }], book));
        reasons.push(last.reason);
      }
      expect([part, ...reasons]).toEqual([part, 'max-debug-soon', 'max-debug-reached']);
    }
  });

  test('disarming and arming again and again spends the same total', () => {
    let book = bookAfter(remote, ...armed(0, 'peer'));
    book = run(remote, [at(6 * HOUR, disarm('peer')), ...offAndCleared(6 * HOUR)], book).book;
    book = run(remote, armed(6 * HOUR + 2_000, 'peer', 2), book).book;
    expect(armingOf(book)).toBe('armed');
    book = run(remote, [at(11 * HOUR, armTimer('max-debug', 2)), ...offAndCleared(11 * HOUR, 2)], book).book;
    expect(armingOf(book)).toBe('disarmed blocked max-debug');
    const again = run(remote, [at(12 * HOUR, arm('peer'))], book);
    expect([again.last.reason, again.last.effects]).toEqual(['arm-refused', []]);
    expect(armingOf(run(remote, armed(13 * HOUR, 'person', 3), again.book).book)).toBe('armed');
  });

  test.each(['breaker', 'person', 'given-up', 'max-debug'] as const)(
    'its arm is refused when it is off because of: %s',
    (blocked) => {
      const book = bookAfter(remote, at(0, { kind: 'expire' }));
      const { last } = run(remote, [at(1_000, arm('peer'))], { ...book, arming: { ...book.arming, blocked } });
      expect(last.reason).toBe('arm-refused');
      expect(last.book.arming.last?.text).toMatch(/person/);
    },
  );

  test('a flood of refused arms is written down once', () => {
    const first = run({ ...remote, mode: 'capture' }, [at(0, arm('peer'))]).book;
    expect(run({ ...remote, mode: 'capture' }, [at(1, arm('peer'))], first).last.book).toBe(first);
  });

  test('arming and disarming without end is bounded by the hour', () => {
    let book = bookAfter(remote, at(0, { kind: 'expire' }));
    let preflights = 0;
    for (let n = 1; n <= 40; n++) {
      const moved = run(remote, [at(n * 1_000, arm('peer')), at(n * 1_000 + 500, disarm('peer'))], book);
      preflights += moved.steps.flatMap(({ effects }) => find(effects, 'preflight')).length;
      book = moved.book;
    }
    expect(preflights).toBe(remote.incidentsPerHour);
  });
});

describe('two ladders never', () => {
  test.each(['breaker', 'lease', 'person', 'max-debug'] as const)(
    '%s with an incident on its way: the stop of both ends, once',
    (why) => {
      const limited = armRules({ maxDebugMs: 5_000 });
      const by = { breaker: tripped(), lease: armTimer('lease'), person: disarm(), 'max-debug': armTimer('max-debug') }[why];
      const inputs = [...armed(0), at(899_000, sighting()), at(899_300, debugsRead(CRYPTO))];
      const { last, book } = run(why === 'max-debug' ? limited : rules, [...inputs, at(902_500, by)]);
      expect(find(last.effects, 'attempt-stop')).toHaveLength(1);
      expect(find(last.effects, 'signal-stop')).toHaveLength(1);
      expect(find(last.effects, 'disarm-device')).toHaveLength(0);
      // The stop is verified: the conditions go, and the reason for the end is not forgotten.
      const end = run(rules, [at(903_000, attempted(0, 'verified')), at(904_000, cleared())], book).book;
      expect(armingOf(end)).toBe(
        {
          breaker: 'disarmed blocked breaker',
          lease: 'disarmed blocked judging',
          person: 'disarmed blocked person',
          'max-debug': 'disarmed blocked max-debug',
        }[why],
      );
    },
  );

  test('the breaker while the incident’s stop is being retried: it is off already, as far as anybody can', () => {
    const inputs = [
      ...armed(0),
      at(3_000, sighting()),
      at(3_300, debugsRead(CRYPTO)),
      at(21_000, timer('stop')),
      at(21_100, attempted(0, 'still-on')),
      at(21_200, tripped()),
    ];
    const { last, book } = run(rules, inputs);
    expect(find(last.effects, 'disarm-device')).toEqual([]);
    expect(book.alarms.map(({ key }) => key)).toContain('armed-ended');
    const end = run(rules, [at(22_000, attempted(1, 'verified')), at(23_000, cleared())], book).book;
    expect(armingOf(end)).toBe('disarmed blocked breaker');
  });

  test('the agent leaves with an incident that its device denies: what is armed goes off all the same', () => {
    const denied = [
      ...armed(0),
      at(3_000, sighting({ spoofable: true })),
      at(3_100, { kind: 'corroborated', incident: id(1), flow: flowOf(0), result: 'absent', detail: '' } as const),
    ];
    const { last } = run(rules, [...denied, at(4_000, { kind: 'leaving' })]);
    expect(orders(last.effects)).toContain('off:control:isakmp+ipsec');
  });
});

test('the agent leaves, and at t0 somebody had turned ours off already: only the conditions go', () => {
  const inputs = [...armed(0), at(3_000, sighting()), at(3_300, debugsRead()), at(4_000, { kind: 'leaving' } as const)];
  const { last } = run(rules, inputs);
  expect(last.reason).toBe('nothing-on');
  expect(orders(last.effects).filter((order) => order.startsWith('off:'))).toEqual(['off:control:conditions']);
});

describe('a ladder that is interrupted', () => {
  test('a lost session when conditions were to go does not turn debugs off once more: somebody may be debugging by then', () => {
    const inputs = [...armed(0), at(3_000, disarm()), at(3_500, disarmTried(0, 'off')), at(5_000, disarmTried(0, 'unreadable'))];
    const { last } = run(rules, inputs);
    expect(orders(last.effects)[0]).toBe('off:fresh:conditions');
  });
});

describe('somebody turns them off by hand', () => {
  test('seen at a hello: not armed any more, conditions go, a person is told, and the agent leaves it at that', () => {
    const { last, book } = run(rules, [...armed(0), at(60_000, seen(false))]);
    expect(orders(last.effects)).toEqual(['off:control:conditions', 'hung@125000', 'disarm-bound@90000', 'alarm:armed-ended']);
    expect(armingOf(run(rules, [at(61_000, cleared())], book).book)).toBe('disarmed blocked person');
  });

  test('not while a stop is ahead or under way', () => {
    const inputs = [...armed(0), at(3_000, sighting()), at(3_300, debugsRead(CRYPTO)), at(4_000, seen(false))];
    expect(armingOf(bookAfter(rules, ...inputs))).toBe('armed');
  });
});

describe('a host that boots', () => {
  test('with an incident open: its verdict decides, not the restart', () => {
    const inputs = [...armed(0), at(3_000, sighting()), at(3_300, debugsRead(CRYPTO))];
    const back = [
      at(-900_000, { kind: 'restarted', resumable: false } as const),
      at(-900_000, recovered(false)),
      at(-899_000, attempted(0, 'verified')),
      at(-898_000, cleared()),
    ];
    expect(armingOf(bookAfter(rules, ...inputs, ...back))).toBe('disarmed blocked judging');
  });

  test('what was spent of maxDebug up to the last renewal stays spent', () => {
    const inputs = [...armed(0), at(HOUR, renewed()), at(-900_000, { kind: 'restarted', resumable: false } as const)];
    const book = bookAfter(rules, ...inputs);
    expect(book.arming.spentMs).toBe(HOUR - 2_000);
  });
});

describe('maxDebug', () => {
  const limited = armRules({ maxDebugMs: 10 * HOUR, rearm: { kind: 'after', afterMs: 60_000 } });
  const sevenSpent = [
    ...armed(0),
    at(7 * HOUR, sighting()),
    at(7 * HOUR + 300, debugsRead(CRYPTO)),
    at(7 * HOUR + 18_000, timer('stop')),
    at(7 * HOUR + 18_400, attempted(0, 'verified')),
    at(7 * HOUR + 19_000, cleared()),
  ];

  test('counts over several arms', () => {
    const { book, last } = run(limited, [...sevenSpent, ...armed(8 * HOUR, 'agent', 2)]);
    expect(armingOf(book)).toBe('armed');
    const warned = orders(last.effects).find((order) => order.startsWith('max-debug@'))!;
    expect(Number(warned.split('@')[1])).toBeCloseTo(9 * HOUR - 16_400, -4);
  });

  test('a warning that stood is not taken back by the agent’s own re-arm', () => {
    const early = armRules({ maxDebugMs: 7.5 * HOUR, rearm: { kind: 'after', afterMs: 60_000 } });
    const told = [
      ...armed(0),
      at(6 * HOUR + 2_000, armTimer('max-debug')),
      ...sevenSpent.slice(3),
      ...armed(8 * HOUR, 'agent', 2),
    ];
    const { book, last } = run(early, told);
    expect(book.alarms.map(({ key }) => key)).toContain('max-debug');
    expect(orders(last.effects)).toContainEqual(expect.stringMatching(/^max-debug@/));
    expect(run(early, [at(8 * HOUR + 60_000, arm('person'))], book).book.alarms.map(({ key }) => key)).not.toContain('max-debug');
  });
});

test('an alert cannot put the stop beyond the lease of what we armed', () => {
  const spoke = armSpokeRules();
  const { book } = run(spoke, [...armed(0), at(890_000, alert({ delayMs: 300_000 }))]);
  expect(book.incidents[0]!.stopAt - 1_000_000).toBe(902_000);
  const stopped = run(spoke, [at(890_100, stop())], book).book;
  expect(stopped.incidents[0]!.stopPassed).toBe(true);
});

test('the end that is told follows only into a state that waits for a verdict', () => {
  const spoke = armSpokeRules();
  const story = [
    ...armed(0),
    at(3_000, alert()),
    at(3_300, debugsRead(ISAKMP)),
    at(21_000, stop()),
    at(21_300, attempted(0, 'verified')),
  ];
  const judging = bookAfter(spoke, ...story, at(22_000, cleared()));
  expect(armingOf(judging)).toBe('disarmed blocked judging');
  expect(run(spoke, [at(300_000, arm('agent'))], judging).last.reason).toBe('waiting');
  expect(run(spoke, [at(300_000, arm('agent', { follows: true }))], judging).last.reason).toBe('arm-preflight');
  const disarmed = run(spoke, [at(299_000, disarm())], judging).book;
  expect(armingOf(disarmed)).toBe('disarmed blocked person');
  expect(run(spoke, [at(300_000, arm('agent', { follows: true }))], disarmed).last.reason).toBe('waiting');
});
