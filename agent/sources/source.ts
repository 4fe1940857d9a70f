/** The contract of the sources shelf: one file a kind, one line in index.ts. `open` binds and emits; an unreachable device never keeps it from opening. */
import type { Observation } from '../../shared/model/observation.ts';
import type { World } from '../ports.ts';

export interface Closable {
  close(): Promise<void>;
}

export interface SourceContext<Device> {
  readonly world: World;
  /** Never blocks, never throws. */
  readonly emit: (observation: Observation) => void;
  readonly device: Device;
  /** Asked after `emit` by a source that can make its sender wait: read no more until then. Null, or absent: there is room. Never rejects. */
  readonly whenRoom?: () => Promise<void> | null;
}

export interface SourceKind<Config, Device = unknown> {
  readonly kind: string;
  /** Rejects with LISTEN_REFUSED when its own socket cannot be had: the agent then does not start (a silent source is worse). */
  open(name: string, config: Config, context: SourceContext<Device>): Promise<Closable>;
}
