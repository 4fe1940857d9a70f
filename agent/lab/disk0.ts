/**
 * `disk0:` of a simulated box, for `| append`, `| redirect`, `| tee`, `more` and `dir`: Note A's applets collect their
 * evidence there. In memory and bounded; gone with the box.
 */
import type { Wall } from '../../shared/model/time.ts';
import { labLimits } from './lab-limits.ts';

interface DiskFile {
  text: string;
  writtenAt: Wall;
}

/** `disk0:hub.txt`, `disk0:/hub.txt`, `flash:hub.txt` or a bare name; null: another file system. */
export function diskPath(url: string): string | null {
  const match = /^(?:(?:disk0|flash|bootflash):)?\/?([\w.-]{1,63})$/.exec(url);
  return match ? match[1]! : null;
}

export class Disk0 {
  private readonly files = new Map<string, DiskFile>();

  /** False: no space left, nothing was written. */
  write(name: string, text: string, append: boolean, at: Wall): boolean {
    const file = this.files.get(name);
    if (!file && this.files.size >= labLimits.diskFiles) return false;
    const next = append && file ? file.text + text : text;
    if (next.length > labLimits.diskFileBytes) return false;
    this.files.set(name, { text: next, writtenAt: at });
    return true;
  }

  read(name: string): string | null {
    return this.files.get(name)?.text ?? null;
  }

  remove(name: string): boolean {
    return this.files.delete(name);
  }

  list(): { name: string; bytes: number; writtenAt: Wall }[] {
    return [...this.files].map(([name, file]) => ({ name, bytes: file.text.length, writtenAt: file.writtenAt }));
  }
}
