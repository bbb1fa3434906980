/**
 * Makes something when its module is loaded: Lambda gives a function a whole processor for that, and a part of one for
 * the first call. What cannot be made then, because settings are wrong, is made with the first call that can; until
 * then each call throws the reason.
 */
export function madeEarly<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  const get = () => {
    made ??= make();
    return made;
  };
  try {
    get();
  } catch {
    // Each call throws it, and is logged.
  }
  return get;
}
