import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { Problem } from '../../domain/problem.ts';
import type { HttpRequest } from './request.ts';

/**
 * Checks that the claim of a token names the organisation in the path, alone or in a list. `orgClaim` is the name of
 * the claim; undefined where callers sign with IAM, whose policy has then decided already. Throws `FORBIDDEN_ORG`, also
 * in doubt: for a missing token or claim, for a token where none is expected, and on a route without an organisation.
 */
export function assertOwnOrganisation(request: HttpRequest, orgClaim: string | undefined): void {
  const { claims, path } = request;
  const isOrganisationRoute = path.orgId !== undefined;
  if (claims === undefined && (orgClaim === undefined || !isOrganisationRoute)) return;
  if (orgClaim !== undefined && claims !== undefined && isOrganisationRoute) {
    const named = Object.hasOwn(claims, orgClaim) ? claims[orgClaim] : undefined;
    if (organisationsIn(named, request, orgClaim).includes(path.orgId)) return;
  }
  throw new Problem('FORBIDDEN_ORG', 'Use a token of the organisation that the path names.');
}

/** Throws `FORBIDDEN_ORG` for any token: operators sign with IAM. */
export function assertNoToken({ claims }: HttpRequest): void {
  if (claims === undefined) return;
  throw new Problem('FORBIDDEN_ORG', 'This route is for operators: sign the request with IAM.');
}

/** How API Gateway passes on a list: as text in brackets, in which values with blanks cannot be told apart. */
const LIST = /^\[.*\]$/s;

function organisationsIn(
  claim: unknown,
  { headers: { authorization } }: HttpRequest,
  name: string,
): readonly unknown[] {
  if (Array.isArray(claim)) return claim;
  if (typeof claim !== 'string') return [];
  if (!LIST.test(claim)) return [claim];
  const inToken = payloadOf(authorization)[name];
  return Array.isArray(inToken) ? inToken : [claim];
}

/** The payload of the token. API Gateway has verified its signature, or the function would not have been called. */
function payloadOf(authorization = ''): JsonObject {
  const [, payload = ''] = authorization.replace(/^Bearer\s+/i, '').split('.');
  try {
    const parsed: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isJsonObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
