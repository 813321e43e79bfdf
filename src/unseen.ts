/**
 * Control characters and what turns the direction of text: no file and no answer may write these to a terminal. The library's
 * own messages have the same in errors/frame.ts, less the tab.
 */
export const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
