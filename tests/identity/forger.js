// An OpenID Connect provider whose tokens are whatever the code asks for, signed by jose.
// usage: node forger.js {}
// A code is JSON: claims (laid over good ones), and how: "rotated" (a key that came later), "other"
// (a key nobody published), "none", "secret" (HMAC by the published key), "unsigned", "empty".
const http = require('http');

const server = http.createServer();

async function start() {
  const jose = await import('jose');
  const url = `http://127.0.0.1:${server.address().port}`;
  const keys = {};
  for (const kid of ['first', 'rotated', 'other']) {
    keys[kid] = await jose.generateKeyPair('RS256', { extractable: true });
  }
  let published = ['first'];
  let asked = 0;
  const jwk = async (kid) => ({ ...await jose.exportJWK(keys[kid].publicKey), kid, alg: 'RS256', use: 'sig' });

  async function token({ how = 'first', claims = {} }) {
    const now = Math.floor(Date.now() / 1000);
    const good = {
      iss: url, aud: 'loom', sub: '10769150350006150715113082367', iat: now, exp: now + 600,
      email: 'alice@example.com', email_verified: true, name: 'Alice', ...claims,
    };
    if (how === 'garbage') return claims.text;
    if (how === 'none') return new jose.UnsecuredJWT(good).encode();
    if (how === 'unsigned') return (await token({ claims })).replace(/[^.]*$/, '');
    if (how === 'secret') {
      const pem = new TextEncoder().encode(await jose.exportSPKI(keys.first.publicKey));
      return new jose.SignJWT(good).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(pem);
    }
    if (how === 'rotated') published = ['rotated'];
    const kid = how === 'other' ? 'first' : how;
    return new jose.SignJWT(good).setProtectedHeader({ alg: 'RS256', kid }).sign(keys[how].privateKey);
  }

  const answers = {
    '/.well-known/openid-configuration': async () => ({
      issuer: url, authorization_endpoint: `${url}/auth`, token_endpoint: `${url}/token`, jwks_uri: `${url}/jwks`,
    }),
    '/evil/.well-known/openid-configuration': async () => ({
      issuer: url, authorization_endpoint: `${url}/auth`, token_endpoint: `${url}/token`, jwks_uri: `${url}/jwks`,
    }),
    '/jwks': async () => { asked += 1; return { keys: await Promise.all(published.map(jwk)) }; },
    '/asked': async () => asked,
    '/token': async (form) => {
      const wish = JSON.parse(form.get('code'));
      if (wish.how === 'empty') return { error: 'bad_verification_code' };
      return { access_token: 'a', token_type: 'Bearer', id_token: await token(wish) };
    },
  };
  server.on('request', async (req, res) => {
    let body = '';
    for await (const part of req) body += part;
    if (req.url === '/huge') return res.end('x'.repeat(4_000_000));
    if (req.url === '/away') { res.writeHead(302, { Location: `${url}/jwks` }); return res.end(); }
    if (!answers[req.url]) { res.writeHead(404); return res.end(); }
    return res.end(JSON.stringify(await answers[req.url](new URLSearchParams(body))));
  });
  console.log(JSON.stringify({ url }));
}

server.listen(0, '127.0.0.1', start);
