/** `show processes memory`, `show memory statistics`: the pools, and who holds them. */
import type { BoxCore } from '../box-core.ts';

const IO_TOTAL = { 'cisco-ios': 67_108_864, 'cisco-iosxe': 6_295_128 } as const;
const IO_FREE = { 'cisco-ios': 38_863_756, 'cisco-iosxe': 832 } as const;
const HEAD = { 'cisco-ios': ['6AD6BC40', '2C000000'], 'cisco-iosxe': ['7F1A6C3F8048', '7F1A6BC000A8'] } as const;

const HOLDERS: readonly [pid: number, name: string, share: number][] = [
  [0, '*Init*', 0.55],
  [0, '*Sched*', 0.001],
  [0, '*Dead*', 0.02],
  [1, 'Chunk Manager', 0.002],
  [96, 'IP Input', 0.01],
  [141, 'Crypto IKMP', 0.05],
  [142, 'IPSEC key engine', 0.03],
  [211, 'Logger', 0.004],
  [264, 'SSH Process', 0.006],
];

function pool(name: string, total: number, free: number): string {
  const figure = (value: number): string => String(value).padStart(10);
  return `${name.padStart(9)} Pool Total: ${figure(total)} Used: ${figure(total - free)} Free: ${figure(free)}`;
}

export function processesMemory(core: BoxCore): string[] {
  const { platform } = core.options;
  const { total, used, free } = core.strain.memory.read();
  const column = (value: number, width: number): string => String(Math.floor(value)).padStart(width);
  return [
    pool('Processor', total, free),
    pool(core.isXe ? 'lsmpi_io' : 'I/O', IO_TOTAL[platform], IO_FREE[platform]),
    '',
    ' PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs Process',
    ...HOLDERS.map(([pid, name, share]) => {
      const holding = used * share;
      return `${column(pid, 4)}   0 ${column(holding * 1.7, 10)} ${column(holding * 0.7, 10)} ${column(holding, 10)} ${column(0, 10)} ${column(0, 10)} ${name.padEnd(15)} `;
    }),
    `                          ${column(used, 10)} Total`,
  ];
}

export function memoryStatistics(core: BoxCore): string[] {
  const { platform } = core.options;
  const { total, used, free, lowest } = core.strain.memory.read();
  const width = core.isXe ? 14 : 10;
  const row = (name: string, head: string, figures: readonly number[]): string =>
    `${name.padStart(9)}  ${head.padStart(width)}  ${figures.map((value) => String(value).padStart(10)).join('  ')}`;
  const [processorHead, ioHead] = HEAD[platform];
  const [ioTotal, ioFree] = [IO_TOTAL[platform], IO_FREE[platform]];
  return [
    `           ${'Head'.padStart(width)}    Total(b)     Used(b)     Free(b)   Lowest(b)  Largest(b)`,
    row('Processor', processorHead, [total, used, free, lowest, Math.floor(free * 0.93)]),
    row(core.isXe ? 'lsmpi_io' : 'I/O', ioHead, [ioTotal, ioTotal - ioFree, ioFree, ioFree, ioFree]),
  ];
}
