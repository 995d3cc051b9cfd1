/** Both ends of a view state it in their first message; a view left over from another version is rebuilt. */
export const PROTOCOL_VERSION = 1;
