export function certificates() {
  throw new Error('later');
}
