/** A URL without possible secrets: without its user, and without the values of its query. */
export function publicUrl(url: string): string {
  const [, scheme = "", authority = "", path = "", query] =
    /^(https?:\/\/)([^/?#]*)([^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  const names = query?.split("&").map((each) => (each.includes("=") ? each.replace(/=.*/, "=...") : "..."));
  return `${scheme}${authority.replace(/^.*@/, "")}${path}${names ? `?${names.join("&")}` : ""}`;
}
