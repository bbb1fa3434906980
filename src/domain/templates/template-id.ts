import { validationFailed } from '../problem.ts';

/** What a template may be called: the same as an organisation. */
export const TEMPLATE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Checks the id of a template. Throws `VALIDATION_FAILED`. */
export function parseTemplateId(templateId: unknown): string {
  if (typeof templateId === 'string' && TEMPLATE_ID.test(templateId)) return templateId;
  const detail = 'use 1 to 64 letters, digits, dots, underscores or hyphens, starting with a letter or digit';
  throw validationFailed([{ field: 'templateId', detail }]);
}
