import type { StoredOrganisation } from '../../domain/account/organisation-settings.ts';
import { entityTag } from '../http/entity-tag.ts';
import { type HttpResponse, jsonResponse } from '../http/response.ts';

/** The record of an organisation with all of its fields: null where a field is not set. */
export function organisationResponse(
  statusCode: number,
  orgId: string,
  { record, revision }: StoredOrganisation,
): HttpResponse {
  const { vapiAssistantId = null, vapiPhoneNumberId = null, driftMode = null, driftIgnore = null } = record;
  const body = { orgId, revision, vapiAssistantId, vapiPhoneNumberId, driftMode, driftIgnore };
  return jsonResponse(statusCode, body, entityTag(revision));
}
