/**
 * What there is to say about the crypto of one configuration, and of it against the other end's: does invalid-SPI recovery work, what ends
 * a black hole, do lifetimes and IKE versions fit. Sources stand with the words (words.ts). Called by advise.ts.
 */
import { dpdPoints, namesOf } from './dpd-points.ts';
import { type ConfigFacts, type Peering, recoveryOf } from './facts.ts';
import { allLines, findLine, numberIn } from './statements.ts';
import { type Advice, advice, type Evidence } from './words.ts';

const DEFAULT_IKE_SECONDS = 86_400;
const DEFAULT_REPLAY_WINDOW = 64;

export function cryptoPoints(facts: ConfigFacts): Advice[] {
  const { peerings, foreign } = facts;
  return [
    ...(peerings.length > 0
      ? []
      : [
          advice(
            'no-crypto',
            'no crypto map, tunnel protection or EzVPN that is in use was found',
            'Nothing of IPsec can be judged.',
          ),
        ]),
    ...(facts.peeringsLeft > 0
      ? [
          advice(
            'not-all-judged',
            `${facts.peeringsLeft} more peerings are not judged`,
            'The first are; split the file to see the others.',
          ),
        ]
      : []),
    ...(foreign.length > 0
      ? [
          advice(
            'not-ios',
            `${foreign.length} lines are of an ASA, not of IOS`,
            'They are not judged; an ASA has no EEM of this kind.',
            foreign.slice(0, 5),
          ),
        ]
      : []),
    ...peerings.flatMap(({ missing, where }) =>
      missing.map(({ name, line }) =>
        advice(
          'profile-missing',
          `${where}: ${name} is not in this file`,
          'What it says of IKE, DPD and lifetimes is not known.',
          [line],
        ),
      ),
    ),
    ...peerings.map((peering) => recoveryPoint(peering, facts.ikeOff)),
    ...(peerings.length > 0 ? [recoverySwitch(facts), ...dpdPoints(facts), ...ikePoints(peerings)] : []),
    ...(peerings.length > 0 ? [...kilobytes(peerings), natPoint(facts), replayPoint(facts)] : []),
  ];
}

function recoveryPoint(peering: Peering, ikeOff: Evidence | null): Advice {
  const { kind, lines, ike, inUse, whyUnused, whyUnknown } = peering;
  const where = inUse ? peering.where : `${peering.where}, ${whyUnused}`;
  if (kind === 'unknown')
    return advice(
      'kind-unknown',
      `${where}: not classified: ${whyUnknown}`,
      'Whether invalid-SPI recovery works here is not known.',
      lines,
    );
  const what = `${where}: ${kind}`;
  if (ike === null)
    return advice(
      'recovery-unknown',
      `${what}, IKE version not known`,
      'The profile that would say is not in this file; the table of 115801 is of IKEv1.',
      lines,
    );
  if (ike === 2)
    return advice(
      'recovery-unknown',
      `${what}, IKEv2`,
      'The table of 115801 is of IKEv1 (crypto isakmp invalid-spi-recovery). Of IKEv2 it says nothing.',
      lines,
    );
  if (ikeOff !== null && recoveryOf[kind] === 'yes')
    return advice(
      'recovery-unknown',
      `${what}, and IKE is off`,
      'Recovery makes an IKE SA, which can not be where no crypto isakmp enable stands.',
      [...lines, ikeOff],
    );
  switch (recoveryOf[kind]) {
    case 'yes':
      return advice(
        'recovery-works',
        `${what}: invalid-SPI recovery works`,
        `With it, and without an IKE SA, the router makes one to tell the sender. It treats the symptom: debug both ends for the cause.${kind.startsWith('mGRE') ? ' For the peers that are mapped: not between spokes, which find each other by NHRP.' : ''}`,
        lines,
      );
    case 'no':
      return advice(
        'recovery-does-not-work',
        `${what}: invalid-SPI recovery does not work`,
        'The router can not know whom to call. A black hole ends when the SA of the sender expires or its DPD acts, whichever is first.',
        lines,
      );
    default:
      return advice(
        'recovery-not-applicable',
        `${what}: invalid-SPI recovery does not apply`,
        'The client calls the head-end, never the other way.',
        lines,
      );
  }
}

function recoverySwitch({ globals, peerings }: ConfigFacts): Advice {
  const line = findLine(globals, /^(?:no )?crypto isakmp invalid-spi-recovery/);
  if (line !== null && line.words[0] !== 'no') {
    const useful = peerings.some(({ kind, ike }) => ike === 1 && recoveryOf[kind] === 'yes');
    return advice(
      'recovery-on',
      `invalid-SPI recovery is on${useful ? '' : ', and works for no peering of this file'}`,
      'An IKE SA is made for each unknown sender: a way to load the router for whoever spoofs ESP. It treats the symptom.',
      [line],
      useful ? [] : ['no crypto isakmp invalid-spi-recovery'],
    );
  }
  return advice(
    'recovery-off',
    'invalid-SPI recovery is off, the default',
    'A DELETE is sent all the same where an IKE SA is left. On, it shortens black holes where the table says yes; it is a risk under spoofed ESP, and hides the cause. Decide, then enter it or not.',
    line === null ? [] : [line],
    peerings.some(({ kind, ike }) => ike === 1 && recoveryOf[kind] === 'yes') ? ['crypto isakmp invalid-spi-recovery'] : [],
  );
}

const ikePoints = (peerings: readonly Peering[]): Advice[] =>
  ([1, 2] as const).flatMap((version) => {
    const found = peerings.filter(({ ike, negotiated }) => ike === version && negotiated);
    if (found.length === 0) return [];
    const debug = version === 1 ? 'isakmp' : 'ikev2';
    return [
      advice(
        'ike-version',
        `IKEv${version}: ${namesOf(found)}`,
        `The debugs to arm are ${debug} and ipsec (arming.debugs).`,
        found.flatMap(({ lines }) => lines.slice(0, 1)),
      ),
    ];
  });

function kilobytes(peerings: readonly Peering[]): Advice[] {
  const found = peerings.filter(({ lifetimes }) => lifetimes.kilobytes !== null);
  if (found.length === 0) return [];
  const lines = [
    ...new Map(
      found.flatMap(({ lifetimes: { kilobytesLine } }) =>
        kilobytesLine === null ? [] : [[kilobytesLine.line, kilobytesLine] as const],
      ),
    ).values(),
  ];
  return [
    advice(
      'kilobyte-lifetime',
      `SAs are rekeyed by volume too: ${[...new Set(found.map(({ lifetimes }) => `${lifetimes.kilobytes} kB`))].join(', ')}${lines.length === 0 ? ', the default' : ''}`,
      'A fast tunnel reaches 4,608,000 kB within minutes: each rekey is a chance for a stray SPI. The two directions count by themselves. At both ends alike, and where the release has it.',
      lines,
      ['crypto ipsec security-association lifetime kilobytes disable'],
    ),
  ];
}

function natPoint({ globals }: ConfigFacts): Advice {
  const off = findLine(globals, /^(?:no )?crypto ipsec nat-transparency udp-encaps/);
  if (off !== null && off.words[0] === 'no')
    return advice(
      'nat-t-off',
      'NAT traversal is off',
      'A peer behind a NAT can not be reached; a port that changes under an SA is no cause of bad SPIs here.',
      [off],
    );
  const lines = [...(off === null ? [] : [off]), ...allLines(globals, /^crypto (?:isakmp|ikev2) nat keepalive/)];
  return advice(
    'nat-t',
    'NAT traversal is on, the default',
    'Behind a NAT the message of a bad SPI is not printed until CSCsq59183 is fixed: its absence proves nothing there. Look at counters.',
    lines,
  );
}

function replayPoint({ globals, sections }: ConfigFacts): Advice {
  const everywhere = [...globals, ...sections.flatMap(({ body }) => body)];
  const off = findLine(everywhere, /^(?:crypto ipsec|set) security-association replay disable/);
  if (off !== null)
    return advice(
      'replay-off',
      'the anti-replay check is off',
      'Old packets are taken as new: a middlebox that repeats ESP is then seen nowhere.',
      [off],
      ['crypto ipsec security-association replay window-size 1024'],
    );
  const line = findLine(everywhere, /^(?:crypto ipsec|set) security-association replay window-size \d/);
  const size = numberIn(line, /window-size (\d+)/) ?? DEFAULT_REPLAY_WINDOW;
  const small = size <= DEFAULT_REPLAY_WINDOW;
  return advice(
    'replay-window',
    `the anti-replay window is ${size} packets${line === null ? ', the default' : ''}`,
    'QoS after encryption puts packets further apart than that: replay errors, which are another fault than a bad SPI.',
    line === null ? [] : [line],
    small ? ['crypto ipsec security-association replay window-size 1024'] : [],
  );
}

/** Both ends of what can be told to be one peering. */
export function comparedPoints(ours: ConfigFacts, theirs: ConfigFacts | null): Advice[] {
  if (ours.peerings.length === 0) return [];
  if (theirs === null)
    return [
      advice(
        'lifetime-not-compared',
        'lifetimes of the other end are not known',
        'Give its configuration: --peer-config FILE.',
        [],
      ),
    ];
  const [ourAddresses, theirAddresses] = [addressesOf(ours), addressesOf(theirs)];
  return ours.peerings.flatMap((peering) => {
    const fits = theirs.peerings.filter(
      (other) =>
        sameKey(peering, other) &&
        faces(peering, theirAddresses) &&
        faces(other, ourAddresses) &&
        peering.peers.length + other.peers.length > 0,
    );
    const alike = fits.filter((other) => isTunnel(other) === isTunnel(peering));
    const other = (alike.length > 0 ? alike : fits)[0];
    if (other === undefined)
      return [
        advice(
          'lifetime-not-compared',
          `${peering.where}: its other end is not in the peer's file`,
          'No peering there speaks to an address of this router, or the other way round.',
          peering.lines,
        ),
      ];
    return comparePeering(peering, other);
  });
}

const sameKey = (a: Peering, b: Peering): boolean => a.tunnelKey === b.tunnelKey;
const isTunnel = ({ where }: Peering): boolean => !where.startsWith('crypto map');
const faces = ({ peers }: Peering, addresses: ReadonlySet<string>): boolean =>
  peers.length === 0 || peers.some((peer) => addresses.has(peer));

const addressesOf = ({ sections }: ConfigFacts): Set<string> =>
  new Set(
    sections
      .filter(({ head }) => head.words[0] === 'interface')
      .flatMap(({ body }) => body)
      .flatMap(({ words }) => (/^(?:ip add(?:ress)?|tunnel source) \d/.test(words.join(' ')) ? [words[2]!] : [])),
  );

function comparePeering(our: Peering, other: Peering): Advice[] {
  const both = `${our.where} and ${other.where} of the peer`;
  if (our.ike !== null && other.ike !== null && our.ike !== other.ike)
    return [
      advice(
        'ike-version-differs',
        `${both}: IKEv${our.ike} here, IKEv${other.ike} there`,
        'No SA comes up between them.',
        our.lines,
      ),
    ];
  const values = [
    ['IPsec seconds', our.lifetimes.seconds, other.lifetimes.seconds, our.lifetimes.secondsLine],
    ['IPsec kilobytes', our.lifetimes.kilobytes ?? 'none', other.lifetimes.kilobytes ?? 'none', our.lifetimes.kilobytesLine],
    [
      'IKE seconds',
      our.ikeLifetime?.seconds ?? DEFAULT_IKE_SECONDS,
      other.ikeLifetime?.seconds ?? DEFAULT_IKE_SECONDS,
      our.ikeLifetime?.line ?? null,
    ],
  ] as const;
  const different = values.filter(([, here, there]) => here !== there);
  const lines = (from: readonly (typeof values)[number][]): Evidence[] =>
    from.flatMap(([, , , line]) => (line === null ? [] : [line]));
  if (different.length === 0)
    return [
      advice(
        'lifetime-same',
        `${both}: ${values.map(([name, here]) => `${name} ${here}`).join(', ')}`,
        'Both ends rekey by the same clock.',
        lines(values),
      ),
    ];
  const seconds = Math.min(our.lifetimes.seconds, other.lifetimes.seconds);
  return [
    advice(
      'lifetime-differs',
      `${both}: ${different.map(([name, here, there]) => `${name} ${here} here, ${there} there`).join('; ')}`,
      'IKEv1 takes the shorter one where both are IOS; IKEv2 agrees on none. The end with the shorter one deletes first: if the other does not hear it, it sends on into a black hole. A peer with other values at a fixed period is a cause to look at.',
      lines(different),
      different.some(([name]) => name === 'IPsec seconds')
        ? [`crypto ipsec security-association lifetime seconds ${seconds}`]
        : [],
    ),
  ];
}
