/**
 * Control characters and characters that change the direction of text: no file and no response may write them to a
 * terminal. For the library's own messages, errors/frame.ts has the same list without the tab.
 */
export const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
