// node client.mjs URL: a small HTTP client with retries.
const [url] = process.argv.slice(2);
const attempts = Number(process.env.ATTEMPTS ?? 1000);

for (let attempt = 1; ; attempt++) {
  const start = performance.now();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    const body = await response.text();
    console.log(JSON.stringify({ attempt, body, milliseconds: Math.round(performance.now() - start) }));
    break;
  } catch (error) {
    console.error(`attempt ${attempt}: ${error.cause ?? error}`);
    if (attempt === attempts) process.exit(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
