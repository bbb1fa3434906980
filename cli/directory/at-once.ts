/** Requests under way at a time. */
export const AT_ONCE = 8;
