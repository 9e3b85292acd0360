// A person's session at a server, for measurements.
export async function signIn(base, email, password) {
  const answer = await fetch(`${base}/sf/start/sign_in`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", origin: base },
    body: new URLSearchParams({ email, password }),
  });
  const cookie = answer.headers.getSetCookie().map((c) => c.split(";")[0]).join("; ");
  if (!cookie) throw new Error(`not signed in: ${answer.status} ${await answer.text()}`);
  return cookie;
}
