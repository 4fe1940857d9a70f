/** The smallest thing that is a Box: echoes what is typed, knows `exit`. For the tests of the lab's adapters, which must not depend on the real box. */
import type { Box, BoxLine } from '../../agent/lab/contract.ts';
import { newSnmpCounters } from '../../agent/lab/snmp/box-snmp.ts';

export interface EchoBox extends Box {
  say(message: string): void;
  linesOpen(): number;
  hang(hung: boolean): void;
}

export function echoBox(vtyLines: number): EchoBox {
  const open = new Set<BoxLine>();
  const syslog: ((message: string) => void)[] = [];
  const hangListeners: ((hung: boolean) => void)[] = [];
  let hanging = false;
  return {
    hostname: 'echo',
    commandLog: [],
    debugsOn: () => [],
    cpuPercent: () => 1,
    freeMemoryPercent: () => 60,
    reload: () => {},
    isHung: () => hanging,
    onHang: (listener) => void hangListeners.push(listener),
    hang: (hung) => {
      hanging = hung;
      for (const listener of hangListeners) listener(hung);
    },
    console: () => '',
    configure: () => [],
    readFile: () => null,
    appletRuns: [],
    snmp: { onSend: () => {}, receive: () => null, counters: newSnmpCounters() },
    behave: () => {},
    close: () => {},
    onSyslog: (listener) => void syslog.push(listener),
    say: (message) => {
      for (const listener of syslog) listener(message);
    },
    linesOpen: () => open.size,
    connectVty: () => {
      if (open.size >= vtyLines) return null;
      const outputs: ((text: string) => void)[] = [];
      const closes: (() => void)[] = [];
      const put = (text: string): void => {
        for (const output of outputs) output(text);
      };
      const line: BoxLine = {
        number: open.size + 1,
        input: (text) => {
          put(text);
          if (text === 'big') put(`${'x'.repeat(3_000_000)}END`);
          if (text === 'exit') line.close();
        },
        onOutput: (listener) => {
          outputs.push(listener);
          queueMicrotask(() => listener('\r\necho>'));
        },
        onClose: (listener) => void closes.push(listener),
        close: () => {
          if (!open.delete(line)) return;
          for (const close of closes) close();
        },
      };
      open.add(line);
      return line;
    },
  };
}
