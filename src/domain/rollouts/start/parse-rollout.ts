import * as z from 'zod/mini';
import { isOrgId, ROLES } from '../../configuration/assistant-key.ts';
import { ID } from '../../configuration/id.ts';
import { fieldErrorsIn } from '../../field-errors.ts';
import { isJsonObject } from '../../json.ts';
import { validationFailed } from '../../problem.ts';
import type { RolloutRequest } from '../rollout.ts';

const range = (least: number, most: number) => `use a number from ${least} to ${most}`;

const count = (least: number, most: number) => {
  const detail = range(least, most);
  return z.int(detail).check(z.gte(least, detail), z.lte(most, detail));
};

const FACTOR = range(1, 100);

const PERCENTAGE = /^(?:100(?:\.0{1,9})?|\d{1,2}(?:\.\d{1,9})?)%$/;

const amount = (least: number) =>
  z.custom<string | number>(
    (value) =>
      typeof value === 'string' ? PERCENTAGE.test(value) : Number.isSafeInteger(value) && Number(value) >= least,
    `use a number from ${least}, or a percentage such as "1%"`,
  );

const listOf = <Entry extends z.ZodMiniType>(entry: Entry, most: number) =>
  z.array(entry, 'must be a list').check(z.maxLength(most, `use at most ${most}`));

const ALARM = 'use the name of an alarm, 1 to 255 characters';

const schema = z.lazy(() =>
  z.strictObject({
    template: z.string('use the id of a template').check(z.regex(ID, 'use the id of a template')),
    version: count(1, 99_999_999),
    select: z._default(
      z.strictObject(
        {
          roles: z.exactOptional(z.array(z.enum(ROLES, `use one of: ${ROLES.join(', ')}`), 'must be a list')),
          fromVersions: z.exactOptional(z.array(count(1, 99_999_999), 'must be a list')),
          orgIds: z.exactOptional(listOf(z.custom<string>(isOrgId, 'use ids of organisations'), 10_000)),
        },
        'must be an object: roles, fromVersions, orgIds',
      ),
      {},
    ),
    waves: z._default(
      z.strictObject(
        {
          first: z._default(amount(1), 1),
          growth: z._default(z.enum(['linear', 'exponential'], 'use linear or exponential'), 'exponential'),
          factor: z._default(z.number(FACTOR).check(z.gte(1, FACTOR), z.lte(100, FACTOR)), 5),
          bakeSeconds: z._default(count(0, 86_400), 60),
        },
        'must be an object: first, growth, factor, bakeSeconds',
      ),
      { first: 1, growth: 'exponential', factor: 5, bakeSeconds: 60 },
    ),
    maxConcurrent: z._default(count(1, 50), 5),
    failureTolerance: z._default(amount(0), 0),
    onFailure: z._default(z.enum(['pause', 'rollback'], 'use pause or rollback'), 'pause'),
    alarms: z._default(listOf(z.string(ALARM).check(z.minLength(1, ALARM), z.maxLength(255, ALARM)), 20), []),
    dryRun: z._default(z.boolean('use true or false'), false),
  }),
);

/** Checks the body of POST /rollouts. Throws `VALIDATION_FAILED` naming everything that is wrong. */
export function parseRollout(body: unknown): RolloutRequest & { dryRun: boolean } {
  if (!isJsonObject(body)) throw validationFailed([{ field: 'body', detail: 'must be a JSON object' }]);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw validationFailed(parsed.error.issues.flatMap((issue) => fieldErrorsIn(issue)));
}
