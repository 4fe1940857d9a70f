/**
 * Where an applet goes on: which `end` belongs to which `if`, `while` and `foreach`, and what stands between. Labels count in their
 * order as strings alone, so that an `end` at 10 closes an `if` at 9 only by chance. Used by statement-run.ts.
 */
import type { AppletAction } from './applet.ts';

interface Block {
  readonly opener: number;
  readonly isLoop: boolean;
  /** `if`, each `elseif`, `else`. */
  readonly clauses: number[];
  /** -1: never closed. */
  end: number;
}

export class AppletFlow {
  private readonly blocks = new Map<number, Block>();
  /** For `break` and `continue`: the loop around. */
  private readonly loops = new Map<number, Block>();

  constructor(actions: readonly AppletAction[]) {
    const open: Block[] = [];
    for (const [index, { kind }] of actions.entries()) {
      const inner = open.at(-1);
      switch (kind) {
        case 'if':
        case 'while':
        case 'foreach': {
          const block: Block = { opener: index, isLoop: kind !== 'if', clauses: [index], end: -1 };
          this.blocks.set(index, block);
          open.push(block);
          break;
        }
        case 'elseif':
        case 'else':
          if (!inner || inner.isLoop) break;
          inner.clauses.push(index);
          this.blocks.set(index, inner);
          break;
        case 'end':
          if (!inner) break;
          inner.end = index;
          this.blocks.set(index, inner);
          open.pop();
          break;
        case 'break':
        case 'continue': {
          const loop = open.findLast(({ isLoop }) => isLoop);
          if (loop) this.loops.set(index, loop);
          break;
        }
        default:
      }
    }
  }

  /** The block that the statement here belongs to (of `break`, `continue`: the loop around); null: none, or one that nothing closes. */
  at(index: number): { readonly opener: number; readonly isLoop: boolean; readonly end: number } | null {
    const block = this.blocks.get(index) ?? this.loops.get(index);
    return block && block.end >= 0 ? block : null;
  }

  /** Where a condition that does not hold goes on: at the next clause of its `if`, or behind the `end`. */
  otherwise(index: number): number {
    const block = this.blocks.get(index)!;
    return block.clauses[block.clauses.indexOf(index) + 1] ?? block.end + 1;
  }
}
