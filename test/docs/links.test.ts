import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const matches = (text: string, expression: RegExp) => [...text.matchAll(expression)].map(([, found = '']) => found);

/** As GitHub makes them. */
function anchorsOf(page: string): string[] {
  return matches(textOf(page), /^#{1,6} (.+)$/gm).map((title) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What is wrong with a link, in words. */
function complaintAbout(page: string, link: string): string[] {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return [`${link}: no such file`];
  if (anchor === undefined || anchorsOf(target).includes(anchor)) return [];
  return [`${link}: no such section`];
}

describe.each(PAGES)('%s', (page) => {
  it('has links to what is there', () => {
    const links = matches(textOf(page), /\]\(([^)\s]+)\)/g).filter((link) => !/^[a-z]+:/.test(link));
    expect(links.flatMap((link) => complaintAbout(page, link))).toEqual([]);
  });

  it('names files that are there', () => {
    const named = matches(textOf(page), /`((?:src|test|events|local|scripts|infrastructure|docs)\/[\w./-]+)`/g);
    const inCommands = matches(textOf(page), /\b(events\/[\w-]+\.(?:json|csv))/g);
    const missing = [...named, ...inCommands].filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });

  it('names commands that are there', () => {
    const named = matches(textOf(page), /\bnpm run (?:-s )?([\w:-]+)/g);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
