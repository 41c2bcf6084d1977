// A SAML 2.0 identity provider: Auth0's samlp, with a form to sign in by.
// usage: node saml.js SETTINGS, JSON: key, cert (PEM), acs, audience, signingCert (the SP's, or null).
// POST /rotate lays other settings over these. GET /sso?user=ADDRESS answers at once; `options` (JSON) there are samlp's own, for this answer.
// The option `like: "okta"` signs as Okta does: assertion and Response, prefix ds, InclusiveNamespaces.
const express = require('express');
const samlp = require('samlp');
const { SignedXml } = require('xml-crypto');

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';

function signed(xml, name, { key, cert }) {
  const signer = new SignedXml({
    privateKey: key,
    publicCert: cert,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: exclusive,
  });
  const xpath = `//*[local-name(.)='${name}']`;
  signer.addReference({
    xpath,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', exclusive],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    inclusiveNamespacesPrefixList: ['xs'],
  });
  signer.computeSignature(xml, {
    prefix: 'ds', location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: 'after' },
  });
  return signer.getSignedXml();
}

// What Okta posts, made of what samlp would have, unsigned.
function likeOkta(response, opts, req, res) {
  const declared = response.toString().replace('<samlp:Response ', '<samlp:Response xmlns:xs="http://www.w3.org/2001/XMLSchema" ')
    .replace('<saml:AttributeStatement xmlns:xs="http://www.w3.org/2001/XMLSchema"', '<saml:AttributeStatement');
  const both = signed(signed(declared, 'Assertion', opts), 'Response', opts);
  res.send(`<input name="SAMLResponse" value="${Buffer.from(both).toString('base64')}">`);
}

const settings = JSON.parse(process.argv[2]);
const app = express();
const server = app.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const issuer = `${url}/metadata`;
  const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const hidden = (query) => Object.entries(query)
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`).join('');
  const person = (email) => ({
    id: email, emails: [{ value: email }], displayName: email.split('@')[0], name: {},
  });
  app.get('/metadata', (req, res) => samlp.metadata({
    issuer, cert: settings.cert, redirectEndpointPath: '/sso', postEndpointPath: '/sso',
  })(req, res));
  app.post('/rotate', express.json(), (req, res) => {
    Object.assign(settings, req.body);
    res.end();
  });
  app.get('/sso', (req, res, next) => {
    const { user, options, ...query } = req.query;
    if (!user) {
      return res.send(`<title>Sign in</title><form>${hidden(query)}<input name="user"><button>Go</button></form>`);
    }
    req.query = query;
    const asked = JSON.parse(options || '{}');
    return samlp.auth({
      issuer,
      key: settings.key,
      cert: settings.cert,
      audience: settings.audience,
      destination: settings.acs,
      recipient: settings.acs,
      signingCert: query.SAMLRequest ? settings.signingCert : undefined,
      getUserFromRequest: () => person(user),
      getPostURL: (audience, dom, request, done) => done(null, settings.acs),
      ...asked,
      ...(asked.like === 'okta' ? { signAssertion: false, responseHandler: likeOkta } : {}),
    })(req, res, next);
  });
  app.use((error, req, res, next) => res.status(400).type('text').send(error.message));
  console.log(JSON.stringify({ url }));
});
