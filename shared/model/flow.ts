/** A flow: the (src, dst, SPI) of an ESP packet that its receiver could not decrypt. */

/** An SPI is an unsigned 32-bit number; 0xB761863E is legal. */
export type Spi = number;

export interface Flow {
  /** Canonical address of the encrypting end: the sender of the black-holed packets. */
  readonly src: string;
  /** Canonical address of the end that logged the message. */
  readonly dst: string;
  readonly spi: Spi;
}

/** Always `0x%08x`, unsigned. */
export const formatSpi = (spi: Spi): string => `0x${(spi >>> 0).toString(16).padStart(8, '0')}`;

/** `0x68842105`, `0X3EA71AED`, `0x11C`: one to eight hex digits; null otherwise. */
export function parseSpi(text: string): Spi | null {
  const match = /^0[xX]([0-9a-fA-F]{1,8})$/.exec(text.trim());
  return match ? Number.parseInt(match[1]!, 16) >>> 0 : null;
}

export const flowKey = (flow: Flow): string => `${flow.src}>${flow.dst}#${formatSpi(flow.spi)}`;
export const formatFlow = (flow: Flow): string => `${flow.src} -> ${flow.dst} SPI ${formatSpi(flow.spi)}`;
