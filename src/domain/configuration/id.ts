/** What an organisation, or a template, may be called. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What to do about an id that is none. */
export const ID_FORM = 'use 1 to 64 letters, digits, dots, underscores or hyphens, starting with a letter or digit';
