import { isJsonObject } from '../../src/domain/json.ts';

/** What a deployment may choose: each parameter, and what is wrong with a value of it (undefined: nothing). */
export const PARAMETERS: Readonly<Record<string, (value: string) => string | undefined>> = {
  auth: oneOf('iam', 'jwt', 'jwt-scopes'),
  confirmAuthChange: oneOf('true', 'false'),
  jwtIssuer: matching(/^$|^https:\/\/\S+$/, 'an https URL'),
  jwtAudience: matching(/^\S*$/, 'the audience of the tokens'),
  jwtOrgClaim: matching(/\S/, 'the name of a claim'),
  jwtReadScope: matching(/^\S*$/, 'one scope'),
  jwtWriteScope: matching(/^\S*$/, 'one scope'),
  permissionsBoundary: matching(/^[\w+=,.@-]*$/, 'the name of a policy, or nothing'),
  deploymentRole: matching(/^$|^arn:aws[a-z-]*:iam::\S+$/, 'the ARN of a role, or nothing'),
  voicePolicy: oneOf('strict', 'keep-active-vapi'),
  inlineCredentials: oneOf('refuse', 'allow'),
  knownOrganisationsOnly: oneOf('true', 'false'),
  driftMode: oneOf('off', 'report', 'heal'),
  driftSchedule: matching(/^(rate\(\d+ \w+\)|cron\([^)]+\))$/, 'rate(…) or cron(…) as EventBridge takes them'),
  driftSeconds: numberFrom(60, 86_400),
  driftIgnore: matching(/^\s*(\/\S+\s*)*$/, 'JSON Pointers separated by blanks'),
  changeRetentionDays: numberFrom(1, 3650),
  driftTraffic: oneOf('keep', 'follow-latest'),
  driftCallsPerSecond: numberFrom(0.1, 1000),
  backgroundCallsPerSecond: orNothing(numberFrom(0.1, 1000)),
  rolloutStalledSeconds: numberFrom(1, 86_400),
  driftParallelWindows: numberFrom(1, 50),
  driftPageSize: numberFrom(1, 1000),
  driftGraceMinutes: numberFrom(0, 100_000),
  driftMaxRemovals: numberFrom(0, 100_000),
  logRetentionDays: oneOf(
    ...['1', '3', '5', '7', '14', '30', '60', '90', '120', '150', '180', '365', '400', '545', '731', '1096', '1827'],
    ...['2192', '2557', '2922', '3288', '3653'],
  ),
  deletionProtection: oneOf('true', 'false'),
  detailedHttpMetrics: oneOf('true', 'false'),
  alarmEmail: matching(/^$|^\S+@\S+$/, 'an e-mail address, or nothing'),
  apiRate: numberFrom(0, 10_000),
  apiBurst: numberFrom(0, 10_000),
};

function oneOf(...values: readonly string[]) {
  return (value: string) => (values.includes(value) ? undefined : `use one of: ${values.join(', ')}`);
}

function matching(pattern: RegExp, what: string) {
  return (value: string) => (pattern.test(value) ? undefined : `use ${what}`);
}

function numberFrom(least: number, most: number) {
  return (value: string) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    return number >= least && number <= most ? undefined : `use a number from ${least} to ${most}`;
  };
}

function orNothing(wrongIn: (value: string) => string | undefined) {
  return (value: string) => (value === '' ? undefined : wrongIn(value));
}

/** CloudFormation and Lambda limit the names that are made from a stage's. */
const STAGE = /^[a-zA-Z][a-zA-Z0-9-]{0,39}$/;

/** What tokens need besides, which has no default. */
const NEEDED_BY: Readonly<Record<string, readonly string[]>> = {
  jwt: ['jwtIssuer', 'jwtAudience'],
  'jwt-scopes': ['jwtIssuer', 'jwtAudience', 'jwtReadScope', 'jwtWriteScope'],
};

/** Everything that is wrong with what a deployment has chosen, in sentences; empty when all is well. */
export function parameterErrors(
  stage: string,
  chosen: Readonly<Record<string, unknown>>,
  named: readonly string[],
): string[] {
  const unknown = named.filter((name) => !Object.hasOwn(PARAMETERS, name));
  const wrong = Object.entries(chosen).flatMap(([name, value]) => {
    const problem = value === null || value === undefined ? undefined : PARAMETERS[name]?.(String(value));
    return problem ? [`${name}: ${problem}`] : [];
  });
  const auth = String(chosen.auth);
  const missing = (NEEDED_BY[auth] ?? []).filter((name) => (chosen[name] ?? '') === '');
  return [
    ...(STAGE.test(stage) ? [] : ['stage: use 1 to 40 letters, digits and hyphens, starting with a letter']),
    ...unknown.map(unknownParameter),
    ...wrong,
    ...missing.map((name) => `${name}: auth ${auth} needs it`),
  ];
}

/**
 * What is wrong with the content of the file in which a stage keeps its parameters: a name that nothing reads would be
 * passed over.
 */
export function stageFileErrors(file: string, content: unknown): string[] {
  if (content === null || content === undefined) return [];
  if (!isJsonObject(content)) return [`${file}: must hold one "name: value" a line`];
  const unknown = Object.keys(content).filter((name) => !Object.hasOwn(PARAMETERS, name));
  return unknown.map((name) => `${file}: ${unknownParameter(name)}`);
}

function unknownParameter(name: string): string {
  return `${name}: unknown parameter; there are ${Object.keys(PARAMETERS).join(', ')}`;
}
