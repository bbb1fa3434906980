/** True when an error of Node has this code, such as ENOENT; also when it comes from another realm. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
