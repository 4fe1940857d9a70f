/** The project's own samples as the first inputs: files below test/, from the project's folder, where `npm run fuzz` runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const filesOf = (folder: string, ending: string): Buffer[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => readFileSync(join(folder, name)));

const outputs = filesOf('test/platforms/fixtures', '.txt');
const names = readdirSync('test/platforms/fixtures')
  .filter((name) => name.endsWith('.txt'))
  .sort();

/** Outputs of devices whose file names begin with one of these words. */
export const outputsOf = (...words: readonly string[]): Buffer[] =>
  outputs.filter((_, i) => words.some((word) => names[i]!.startsWith(word)));

interface HeaderForm {
  readonly header: string;
}
interface Body {
  readonly mnemonic: string;
  readonly body: string;
}
const headers = (JSON.parse(readFileSync('test/wire/fixtures/header-forms.json', 'utf8')) as HeaderForm[]).map(
  ({ header }) => header,
);
export const invalidSpiBodies = (JSON.parse(readFileSync('test/detect/fixtures/invalid-spi-bodies.json', 'utf8')) as Body[]).map(
  ({ body }) => body,
);
const mnemonic = (JSON.parse(readFileSync('test/detect/fixtures/invalid-spi-bodies.json', 'utf8')) as Body[])[0]!.mnemonic;

/** Every header form with a body, and every body with a header. */
export const syslogLines: readonly string[] = [
  ...headers.map((header, i) => `${header}%CRYPTO-4-${mnemonic}: ${invalidSpiBodies[i % invalidSpiBodies.length]!}`),
  ...invalidSpiBodies.map((body) => `<188>91: *Mar 12 18:22:10.706: %CRYPTO-4-${mnemonic}: ${body}`),
];
