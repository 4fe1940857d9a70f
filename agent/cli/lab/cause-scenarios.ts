/**
 * A scenario for each cause of facts.md §6 that two real agents can see acted out in real time (cause-cast.ts). A line each; docs/cli.md
 * says which are left out, and why. Listed by scenarios.ts. Words, not plays: the simulation is loaded when one is run.
 */
import type { CauseWord } from '../../lab/causes/cause.ts';
import { playCause } from './plays/cause.ts';
import type { Scenario } from './scenarios.ts';
import type { Setting } from './setting.ts';

const stories: readonly (readonly [word: CauseWord, story: string, setting?: Setting])[] = [
  ['receiver-restarted', 'The hub reloads and comes up without any SA; nobody told the spoke.'],
  ['cleared-one-side', 'Somebody clears the SAs at the hub; the DELETE arrives, or does not.'],
  ['failover', 'The active HSRP router fails; the standby gets the address and none of its SAs.'],
  ['ike-sa-gone', "The hub's DPD gave the spoke up while the path was down; the spoke kept its IPsec SA."],
  ['lifetime-mismatch', "The hub's IPsec lifetime is shorter, and each end counts its own."],
  ['kilobyte-lifetime', "The hub's SAs end by volume, while packets are on their way."],
  ['delete-lost', 'The last messages of a rekey are lost: the spoke goes on with the old SA.'],
  ['crossing-rekeys', 'Both ends rekey at once and disagree on which SA to keep.'],
  ['early-new-spi', 'The spoke uses the new SA of a rekey before the hub has it.'],
  ['nat-change', 'The NAT in front of the spoke gives it another port.'],
  // Its address is in nobody's inventory: a range of the spoke's agent has it.
  ['stale-peer', 'An old copy of the spoke sends from another address.', { spokeRanges: ['11.1.1.0/24'] }],
  ['middlebox-replay', 'Something on the way sends old packets again, minutes after their rekey.'],
  ['keys-differ', 'Control: the keys differ after a rekey; both ends have the SA.'],
  ['replay', 'Control: QoS reorders packets beyond the replay window.'],
  ['tunnel-key-mismatch', 'Control: the tunnel key was changed at one end; the SAs carry on.'],
];

export const causeScenarios: readonly Scenario[] = stories.map(([cause, story, setting]) => ({
  name: cause,
  story,
  setting: { ...setting, cause },
  play: playCause,
  loses: () => false,
  spokeCapturesLate: false,
  delayMsMax: null,
}));
