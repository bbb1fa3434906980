import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { compiledTemplate } from './compiled-template.ts';

const statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
  Resource: z.unknown().transform((resource) => [resource].flat()),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type Statement = z.output<typeof statement>;

const role = z.object({
  Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) })),
  ManagedPolicyArns: z.never().optional(),
});

const template = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }).loose(),
  ),
});
export type Template = z.output<typeof template> & { file: string };
export type TemplateResource = Template['Resources'][string];

/** The CloudFormation template that a deployment with these options would send. */
export async function compile(options: string): Promise<Template> {
  const text = await compiledTemplate(options);
  const file = join(temporaryDirectory(), 'template.json');
  writeFileSync(file, text);
  return { ...template.parse(JSON.parse(text)), file };
}

/** The resources of a type, by logical name. */
export function resourcesOf({ Resources }: Template, type: string): [name: string, resource: TemplateResource][] {
  return Object.entries(Resources).filter(([, resource]) => resource.Type === type);
}

/** Name (as in serverless.yml), properties and the statements of the own role of each function. */
export function functionsOf(compiled: Template) {
  return resourcesOf(compiled, 'AWS::Lambda::Function').map(([, { Properties }]) => {
    const own = z
      .object({ Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }), FunctionName: z.string() })
      .loose()
      .parse(Properties);
    const [roleName] = own.Role['Fn::GetAtt'];
    return {
      name: own.FunctionName.split('-').at(-1) ?? '',
      properties: own,
      roleName,
      statements: statementsOf(compiled, roleName),
    };
  });
}

/** All statements of a role. Throws when it has managed policies, whose content nobody here can see. */
export function statementsOf(compiled: Template, roleName: string): Statement[] {
  const { Policies } = role.parse(compiled.Resources[roleName]?.Properties);
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** A resource of a statement as text: `<Table.Arn>` for a reference. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const reference = z
    .union([
      z.object({ 'Fn::GetAtt': z.array(z.string()) }).transform((got) => `<${got['Fn::GetAtt'].join('.')}>`),
      z.object({ 'Fn::Sub': z.string() }).transform((sub) => sub['Fn::Sub'].replace(/\$\{(\w+\.\w+)\}/g, '<$1>')),
      z.object({ Ref: z.string() }).transform((ref) => `<${ref.Ref}>`),
    ])
    .safeParse(value);
  return reference.success ? reference.data : JSON.stringify(value);
}
