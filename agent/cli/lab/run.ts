/**
 * One run of the lab, straight down: set the stage, start two agents, turn the debugs on as an engineer would, break an SA, watch, judge.
 * Called by cli/lab.ts. Whatever happens, also an abort, ends in cleanup: nothing is left running.
 */
import { join } from 'node:path';
import { isSpitrapError, SpitrapError } from '../../../shared/errors.ts';
import { type DurationMs, elapsedMs, type Monotonic } from '../../../shared/model/time.ts';
import { askAgent } from '../../control/control-client.ts';
import { verifyBundle } from '../../evidence/verify.ts';
import { Cleanup } from '../../lifecycle.ts';
import type { AgentStatus } from '../../status/status.ts';
import { type AgentProcess, startAgentProcess } from './agent-process.ts';
import { dataDirOf } from './config-files.ts';
import { Narrator } from './narrate.ts';
import { type End, ends, otherEnd } from './relay.ts';
import type { Scenario } from './scenarios.ts';
import { type Screen, opening } from './screen.ts';
import { type Stage, setStage, type StageWorld } from './stage.ts';
import { Timeline } from './timeline.ts';
import { type EndFinding, judge, type LabVerdict, stopReceived } from './verdict.ts';
