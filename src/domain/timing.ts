/** All durations of the protocol, in milliseconds, with the reason for each. */

/** Beyond the holder's own lifetime: clocks of two environments may be 5 s apart, and the last write takes its time. */
export const CLAIM_MARGIN_MS = 10_000;

/** How long after an unknown outcome an assistant may still turn up in Vapi's lists (queued request, list lag). */
export const SETTLE_MS = 30_000;

/** A look-up starts this much before the claim: Vapi's clock is not ours. */
export const LOOKUP_MARGIN_MS = 60_000;

/** A create is not started with less than this left: its reply would come too late to be recorded. */
export const MIN_CREATE_MS = 5_000;

/** Kept back from every upstream deadline for the write that records the outcome and for the answer. */
export const FINISH_RESERVE_MS = 1_500;

/** Pauses before the look-ups that follow an unknown outcome within the same call. */
export const LOOKUP_PAUSES_MS = [250, 1_000, 2_500] as const;

/** First and longest pause between two looks at a claim that somebody else holds. */
export const POLL_FIRST_MS = 100;
export const POLL_LONGEST_MS = 1_000;
