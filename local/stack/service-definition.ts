import { readFileSync } from 'node:fs';
import { parseDocument, type ScalarTag } from 'yaml';
import { z } from 'zod';

/** The parts of serverless.yml that the embedded stack is built from. */
export type ServiceDefinition = {
  service: string;
  stage: string;
  region: string;
  tableName: string;
  secretPrefix: string;
  resources: Record<string, Resource>;
};

/** A CloudFormation resource. */
export type Resource = { Type: string; Properties: Record<string, unknown> };

const resourceGroup = z.object({
  Resources: z
    .record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }))
    .default({}),
});

const definition = z.object({
  service: z.string(),
  provider: z.object({ region: z.string() }),
  custom: z.object({ tableName: z.string(), secretPrefix: z.string() }),
  /** Texts are references to files: roles and alarms, which are not needed here. */
  resources: z.array(z.union([z.string(), resourceGroup])),
});

/** CloudFormation's short forms become the long ones: `!GetAtt A.Arn` is `{"Fn::GetAtt": ["A", "Arn"]}`. */
const cloudFormationTags: ScalarTag[] = [
  { tag: '!Ref', resolve: (value) => ({ Ref: value }) },
  { tag: '!GetAtt', resolve: (value) => ({ 'Fn::GetAtt': value.split('.') }) },
  { tag: '!Sub', resolve: (value) => ({ 'Fn::Sub': value }) },
];

/** Reads serverless.yml without Serverless, for one stage. */
export function readServiceDefinition(path: string, stage = 'local'): ServiceDefinition {
  return describeService(parseServerless(readFileSync(path, 'utf8'), path), stage);
}

/** The text of a serverless.yml, its variables unresolved. Throws when it is no YAML. */
export function parseServerless(text: string, path: string): unknown {
  const document = parseDocument(text, { customTags: cloudFormationTags });
  const [problem] = document.errors;
  if (problem) throw new Error(`${path} is no valid YAML: ${problem.message}`);
  return document.toJS();
}

/** The same from a parsed configuration, whose variables may be resolved or not. */
function describeService(configuration: unknown, stage: string): ServiceDefinition {
  const { service, provider, custom, resources } = definition.parse(resolve(configuration, configuration, stage));
  const own = resources.flatMap((group) => (typeof group === 'string' ? [] : [group.Resources]));
  return { service, stage, region: provider.region, ...custom, resources: Object.assign({}, ...own) };
}

/** Replaces the few kinds of Serverless variables that these parts use; others stay as they are. */
function resolve(value: unknown, root: unknown, stage: string): unknown {
  if (typeof value === 'string') return resolveText(value, root, stage);
  if (Array.isArray(value)) return value.map((entry) => resolve(entry, root, stage));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, resolve(entry, root, stage)]));
}

function resolveText(text: string, root: unknown, stage: string): string {
  return text
    .replace(/\$\{sls:stage\}/g, stage)
    .replace(/\$\{opt:[\w-]+, '([^']*)'\}/g, '$1')
    .replace(/\$\{self:([\w.-]+)\}/g, (variable, path: string) => {
      const found = path.split('.').reduce<unknown>(member, root);
      return typeof found === 'string' ? resolveText(found, root, stage) : variable;
    });
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
