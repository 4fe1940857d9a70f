/** A device's stamps on its agent's clock: the true time of an event always lies in what they say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ClockSample, clockResolutionMs, DeviceTime, uptimeMs } from '../../shared/analyze/device-clock.ts';
import { parseClock } from '../../shared/platforms/cisco/clock.ts';
import { type IosStamp, readIosStamp } from '../../shared/wire/ios-timestamp.ts';

const T0 = Date.UTC(2026, 2, 12, 18, 22, 10, 706);
const WINDOW = { fromMs: T0 - 600_000, toMs: T0 + 28_000 };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** As `show clock` prints it. */
function shown(localMs: number, zone: string, mark = '', digits = 3): string {
  const at = new Date(localMs);
  const fraction = digits === 0 ? '' : `.${pad(at.getUTCMilliseconds(), 3).slice(0, digits)}`;
  const time = `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}${fraction}`;
  return `${mark}${time} ${zone} ${DAYS[at.getUTCDay()]} ${MONTHS[at.getUTCMonth()]} ${at.getUTCDate()} ${at.getUTCFullYear()}\n`;
}

/** As a log line is stamped. */
function stamped(localMs: number, options: { zone?: string; mark?: string; digits?: number; year?: boolean } = {}): IosStamp {
  const { zone, mark = '', digits = 3, year = false } = options;
  const at = new Date(localMs);
  const fraction = digits === 0 ? '' : `.${pad(at.getUTCMilliseconds(), 3).slice(0, digits)}`;
  const day = `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)}${year ? ` ${at.getUTCFullYear()}` : ''}`;
  const time = `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}${fraction}`;
  const text = `${mark}${day} ${time}${zone === undefined ? '' : ` ${zone}`}: %X-1-Y: z`;
  const read = readIosStamp(text, 0);
  if (read === null) throw new Error(`no stamp in ${text}`);
  return read.stamp;
}

function sample(localMs: number, sentMs: number, tookMs: number, zone = 'UTC', mark = '', digits = 3): ClockSample {
  const clock = parseClock(shown(localMs, zone, mark, digits)).value;
  if (clock === null) throw new Error('no clock');
  return { clock, resolutionMs: clockResolutionMs(clock.text), sentMs, doneMs: sentMs + tookMs };
}

const deviceTime = (samples: readonly ClockSample[], more: Partial<ConstructorParameters<typeof DeviceTime>[0]> = {}) =>
  new DeviceTime({ samples, anchors: [], started: null, window: WINDOW, ...more });

describe('the true time lies in the interval', () => {
  const QUARTER = 15 * 60_000;
  const world = fc.record({
    // Device minus agent, without its zone: up to an hour off, or years (a clock that was never set).
    skewMs: fc.oneof(fc.integer({ min: -60_000, max: 60_000 }), fc.integer({ min: -3_600_000, max: 3_600_000 })),
    driftPpm: fc.integer({ min: -100, max: 100 }),
    zoneQuarters: fc.integer({ min: -48, max: 56 }),
    answers: fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 20_000 }),
        tookMs: fc.integer({ min: 0, max: 4_000 }),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    clockDigits: fc.constantFrom(0, 1, 3),
    stampDigits: fc.constantFrom(0, 1, 2, 3),
    eventMs: fc.integer({ min: -600_000, max: 20_000 }),
    year: fc.boolean(),
    zoned: fc.boolean(),
  });

  test('any offset, drift, zone, resolution and delay of the answers', () => {
    fc.assert(
      fc.property(world, ({ skewMs, driftPpm, zoneQuarters, answers, clockDigits, stampDigits, eventMs, year, zoned }) => {
        const zoneMs = zoneQuarters * QUARTER;
        const deviceAt = (agentMs: number): number => agentMs + skewMs + zoneMs + ((agentMs - T0) * driftPpm) / 1e6;
        const zone = zoneQuarters === 0 ? 'UTC' : 'XST';
        const samples = answers.map(({ afterMs, tookMs, at }) =>
          sample(Math.floor(deviceAt(T0 + afterMs + tookMs * at)), T0 + afterMs, tookMs, zone, '', clockDigits),
        );
        const truth = T0 + eventMs;
        // Stamps in the clock's own zone, which is printed or, where that is UTC, not.
        const stamp = stamped(Math.floor(deviceAt(truth)), {
          ...(zoned || zoneQuarters !== 0 ? { zone } : {}),
          digits: stampDigits,
          year,
        });
        const moment = deviceTime(samples).momentOf(stamp);
        expect(moment).not.toBeNull();
        expect(moment!.span.fromMs).toBeLessThanOrEqual(truth);
        expect(moment!.span.toMs).toBeGreaterThanOrEqual(truth);
        expect(moment!.trusted).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the interval is no wider than what is not known', () => {
    const device = deviceTime([sample(T0 + 5_000, T0, 40)]);
    const { span } = device.momentOf(stamped(T0 + 5_000 - 60_000))!;
    // 40 ms of the answer, 1 ms of each print, 2 ms of rounding on either side, 6 ms of a minute's drift on either side.
    expect(span.toMs - span.fromMs).toBeLessThan(40 + 2 + 4 + 13);
  });

  test('a stamp without a year on New Year’s Eve is of the year that fits', () => {
    const midnight = Date.UTC(2026, 0, 1);
    const device = deviceTime([sample(midnight + 1_000, midnight + 1_000, 10)], {
      window: { fromMs: midnight - 600_000, toMs: midnight + 28_000 },
    });
    const { span } = device.momentOf(stamped(midnight - 2_000))!;
    expect(span.fromMs).toBeLessThanOrEqual(midnight - 2_000);
    expect(span.toMs).toBeGreaterThanOrEqual(midnight - 2_000);
    expect(span.toMs - span.fromMs).toBeLessThan(100);
  });
});

describe('what cannot be trusted says so', () => {
  test.each(['*', '.'])('a stamp marked %s, or a clock that is', (mark) => {
    expect(deviceTime([sample(T0, T0, 10)]).momentOf(stamped(T0, { mark }))).toMatchObject({ trusted: false });
    expect(deviceTime([sample(T0, T0, 10, 'UTC', mark)]).momentOf(stamped(T0))).toMatchObject({ trusted: false });
  });

  test('a clock that was set between two readings: what lies between is anywhere between', () => {
    const device = deviceTime([sample(T0 - 3_600_000, T0, 10), sample(T0 + 18_000, T0 + 18_000, 10)]);
    expect(device.offsetAt(T0 + 9_000)).toMatchObject({ stepped: true });
    expect(device.offsetAt(T0 - 10_000)!.toMs).toBeLessThan(-3_500_000);
    expect(device.offsetAt(T0 + 30_000)!.fromMs).toBeGreaterThan(-1_000);
    expect(device.momentOf(stamped(T0 + 18_000))).toMatchObject({ trusted: false });
  });

  test('without show clock: not later than the line came', () => {
    const device = deviceTime([], { anchors: [{ stamp: stamped(T0 + 7_200_000), arrivedMs: T0 }] });
    const moment = device.momentOf(stamped(T0 + 7_200_000 - 5_000))!;
    expect(moment.trusted).toBe(false);
    expect(moment.span.toMs).toBeLessThanOrEqual(T0 - 4_990);
    expect(moment.span.fromMs).toBeLessThan(T0 - 5_000);
  });

  test('without anything: within the log’s window', () => {
    expect(deviceTime([]).momentOf(stamped(T0))).toMatchObject({ trusted: false, span: WINDOW });
  });
});

describe('zones', () => {
  const EDT = -4 * 3_600_000;

  test('stamps without a zone in UTC, though the clock has one: told by a line that came', () => {
    const samples = [sample(T0 + EDT, T0, 10, 'EDT')];
    const inUtc = deviceTime(samples, { anchors: [{ stamp: stamped(T0), arrivedMs: T0 + 3 }] });
    expect(inUtc.momentOf(stamped(T0 - 1_000))!.span.fromMs).toBeCloseTo(T0 - 1_000, -2);
    const inLocal = deviceTime(samples, { anchors: [{ stamp: stamped(T0 + EDT), arrivedMs: T0 + 3 }] });
    expect(inLocal.momentOf(stamped(T0 + EDT - 1_000))!.span.fromMs).toBeCloseTo(T0 - 1_000, -2);
  });

  test('and without such a line it is both, and untrusted', () => {
    const moment = deviceTime([sample(T0 + EDT, T0, 10, 'EDT')]).momentOf(stamped(T0))!;
    expect(moment.trusted).toBe(false);
    expect(moment.span.fromMs).toBeLessThanOrEqual(T0);
    expect(moment.span.toMs).toBeGreaterThanOrEqual(T0);
  });

  test('summer time began: the stamp’s zone is another than the clock’s, which is noticed', () => {
    const device = deviceTime([sample(T0 + EDT, T0, 10, 'EDT')], {
      anchors: [{ stamp: stamped(T0 + EDT - 3_600_000, { zone: 'EST' }), arrivedMs: T0 + 2 }],
    });
    const moment = device.momentOf(stamped(T0 + EDT - 3_600_000 - 500, { zone: 'EST' }))!;
    expect(moment.span.fromMs).toBeCloseTo(T0 - 500, -2);
    expect([...device.oddZones]).toEqual(['EST']);
  });

  test('another zone of which nothing tells the offset says no time', () => {
    const moment = deviceTime([sample(T0 + EDT, T0, 10, 'EDT')]).momentOf(stamped(T0, { zone: 'PST' }))!;
    expect(moment).toMatchObject({ trusted: false, span: WINDOW });
  });
});

describe('uptime stamps', () => {
  test.each([
    ['00:01:02', 62_000, 1_000],
    ['*101:12:09.123', 364_329_123, 1],
    ['1d02h', 93_600_000, 3_600_000],
    ['2y10w', 69_120_000_000, 604_800_000],
  ])('%s', (text, ms, resolutionMs) => {
    expect(uptimeMs(text)).toEqual({ ms, resolutionMs });
  });

  test('101 21 counts nobody knows what', () => {
    expect(uptimeMs('101 21')).toBeNull();
  });

  test('placed by the uptime that show version told', () => {
    const started = { fromMs: T0 - 3_660_000, toMs: T0 - 3_600_000 };
    const read = readIosStamp('01:00:00: %X-1-Y: z', 0)!;
    const moment = deviceTime([], { started }).momentOf(read.stamp)!;
    expect(moment.clock).toBe('uptime');
    expect(moment.span.fromMs).toBeLessThanOrEqual(T0 - 60_000);
    expect(moment.span.toMs).toBeGreaterThanOrEqual(T0);
  });
});
