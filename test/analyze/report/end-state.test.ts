/** What the report says of an end's IKE SA, by tables whose rounds overlap and whose `(deleted)` a filter took away. */
import { expect, test } from 'vitest';
import type { Case, End } from '../../../shared/analyze/case.ts';
import { endStates } from '../../../shared/analyze/report/end-state.ts';
import type { IkeSaRow } from '../../../shared/model/evidence.ts';
import { ikeRow, instant } from '../../support/diagnosis/build.ts';
import { failover } from '../../support/diagnosis/failover.ts';

type Table = readonly [round: 'first' | 'stop', ...sas: Partial<IkeSaRow>[]];

/** The spoke's, in the order in which the commands were asked. */
function ikeOf(...tables: readonly Table[]): string | undefined {
  const { diagnosis, bundles } = failover();
  const ike = tables.map(([round, ...sas], index): End['ike'][number] => ({
    at: instant(300 + index),
    round,
    file: `commands/${index}.txt`,
    firstLine: 1,
    whole: true,
    value: { version: 1, peers: null, sas: sas.map((sa) => ikeRow(sa)) },
  }));
  const spoke = { ...diagnosis.case.ends[1]!, ike };
  const about = { ...diagnosis.case, ends: [diagnosis.case.ends[0]!, spoke] } as Case;
  return endStates(about, bundles, false)[1].rows.find(({ label }) => label === 'IKE SA')?.value;
}

const gone = { state: 'ACTIVE', established: false, deleted: false, remainingSeconds: 0 };

test('the same SA in a table and a session is one', () => {
  expect(ikeOf(['first', { connectionId: '1001' }], ['first', { connectionId: '1001', state: 'Active' }])).toMatch(
    /^QM_IDLE(?!.*more)/,
  );
  expect(ikeOf(['first', { connectionId: '1001' }, { connectionId: '1002' }])).toMatch(/, and 1 more$/);
});

test('an SA whose time is over, and that a filter has left without its (deleted), is none', () => {
  expect(ikeOf(['stop', gone])).toBe('none, one just deleted');
  expect(ikeOf(['stop', { ...gone, remainingSeconds: 20 }])).toMatch(/^ACTIVE/);
});

test('what was asked at the stop counts, though a command of the first round was answered after it', () => {
  expect(ikeOf(['first', {}], ['stop'], ['first', {}])).toBe('none');
});
