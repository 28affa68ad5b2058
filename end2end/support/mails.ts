// The mails that the server writes, which has no mail server in the tests: files in a folder that HOLDFAST_TEST_MAIL names.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from '@playwright/test';

/** One mail, its plain text decoded. */
export interface Letter {
  subject: string;
  text: string;
  html: string;
}

function decode(raw: string, kind: string): string {
  const [, after] = raw.split(`Content-Type: ${kind}`);
  const [head, ...rest] = after.split('\r\n\r\n');
  const [body] = rest.join('\r\n\r\n').split('\r\n--=_');
  if (/base64/.test(head)) return Buffer.from(body, 'base64').toString();
  if (!/quoted-printable/.test(head)) return body;
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

async function all(address: string): Promise<Letter[]> {
  const folder = process.env.HOLDFAST_TEST_MAIL;
  if (!folder) throw new Error('HOLDFAST_TEST_MAIL does not say where mails lie');
  const names = await readdir(folder).catch(() => []);
  const raws = await Promise.all(names.filter((name) => name.endsWith('.eml')).sort().map((name) => readFile(join(folder, name), 'utf8')));
  return raws
    .filter((raw) => raw.includes(`To: ${address}\r\n`))
    .map((raw) => ({
      subject: /^Subject: (.*)$/m.exec(raw)![1].trim(),
      text: decode(raw, 'text/plain'),
      html: decode(raw, 'text/html'),
    }));
}

/** Waits until this many mails with such a subject have come to this address; the last of them. */
export async function letterTo(address: string, subject: RegExp, count = 1): Promise<Letter> {
  const matching = async () => (await all(address)).filter((letter) => subject.test(letter.subject));
  await expect.poll(async () => (await matching()).length, { message: `mails to ${address}` }).toBe(count);
  return (await matching()).at(-1)!;
}

/** The code in a mail, as it stands there: in two groups. */
export const codeIn = (letter: Letter) => /^ {4}(\d{4} \d{4})$/m.exec(letter.text.replace(/\r/g, ''))![1];

/** The one link. */
export const linkIn = (letter: Letter) => /https?:\/\/\S+/.exec(letter.text)![0];
