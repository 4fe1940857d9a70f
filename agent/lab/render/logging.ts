/** `show logging`: the header with levels and counts, then the buffer. */
import type { BoxCore } from '../box-core.ts';
import { LOG_LEVELS } from '../logging.ts';

export function showLogging(core: BoxCore): string[] {
  const { log } = core;
  const { levels, counts } = log;
  const destination = (title: string, level: number | null, count: number, indent: number): string[] =>
    level === null
      ? [`    ${title} disabled`]
      : [
          `    ${title} level ${LOG_LEVELS[level]}, ${count} messages logged, xml disabled,`,
          `${' '.repeat(indent)}filtering disabled`,
        ];
  const trap =
    levels.trap === null
      ? ['    Trap logging: disabled']
      : [`    Trap logging: level ${LOG_LEVELS[levels.trap]}, ${counts.trap} message lines logged`];
  const numbers = log.sequenceNumbers || core.behaviour.sequenceNumbers ? 'enabled' : 'disabled';
  const suppressed = `${counts.dropped} messages dropped, ${counts.rateLimited} messages rate-limited`;
  return [
    '',
    `Syslog logging: enabled (${suppressed}, 0 flushes, 0 overruns, xml disabled, filtering disabled)`,
    '',
    'No Active Message Discriminator.',
    '',
    '',
    '',
    'No Inactive Message Discriminator.',
    '',
    '',
    ...destination('Console logging:', levels.console, counts.console, 21),
    ...destination('Monitor logging:', levels.monitor, counts.monitor, 21),
    ...(levels.buffer === null
      ? ['    Buffer logging:  disabled, xml disabled,', '                    filtering disabled']
      : destination('Buffer logging: ', levels.buffer, counts.buffer, 20)),
    '    Exception Logging: size (4096 bytes)',
    `    Count and timestamp logging messages: ${log.counting ? 'enabled' : 'disabled'}`,
    '    Persistent logging: disabled',
    '',
    'No active filter modules.',
    '',
    ...trap,
    ...(log.host
      ? [
          `        Logging to ${log.host.address}  (udp port ${log.host.port}, audit disabled,`,
          '              link up),',
          `              ${counts.trap} message lines logged, `,
          `              ${counts.rateLimited} message lines rate-limited, `,
          '              0 message lines dropped-by-MD, ',
          `              xml disabled, sequence number ${numbers}`,
          '              filtering disabled',
        ]
      : []),
    '        Logging Source-Interface:       VRF Name:',
    '',
    `Log Buffer (${log.bufferBytesMax} bytes):`,
    '',
    ...log.lines(),
  ];
}
