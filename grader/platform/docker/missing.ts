/** For calls to the engine about something that may be gone already. */
export function ignoreMissing(error: { statusCode?: number }): undefined {
  // 404: it is gone; 409: its removal is under way; 304: it has stopped already.
  if (error.statusCode === 404 || error.statusCode === 409 || error.statusCode === 304) return undefined;
  throw error;
}
