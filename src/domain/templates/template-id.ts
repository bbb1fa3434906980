import { ID, ID_FORM } from '../configuration/id.ts';
import { validationFailed } from '../problem.ts';

/** Checks the id of a template. Throws `VALIDATION_FAILED`. */
export function parseTemplateId(templateId: unknown): string {
  if (typeof templateId === 'string' && ID.test(templateId)) return templateId;
  throw validationFailed([{ field: 'templateId', detail: ID_FORM }]);
}
