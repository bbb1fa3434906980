/** The form of the id of an organisation or a template. */
export const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What to do about an id of another form. */
export const ID_FORM = 'use 1 to 64 letters, digits, dots, underscores or hyphens, starting with a letter or digit';
