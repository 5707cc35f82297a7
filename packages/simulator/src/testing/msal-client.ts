import { ConfidentialClientApplication } from '@azure/msal-node';

/** Microsoft's own library against the twin, in a process of its own: Node reads NODE_EXTRA_CA_CERTS at start only. */

const config = JSON.parse(process.argv[2] ?? '{}') as {
  login: string;
  graph: string;
  clientId: string;
  tenants: string[];
  key: string;
  thumbprintSha256: string;
  group: string;
};

const app = new ConfidentialClientApplication({
  auth: {
    clientId: config.clientId,
    authority: `${config.login}/${config.tenants[0]}`,
    knownAuthorities: [new URL(config.login).host],
    clientCertificate: { thumbprintSha256: config.thumbprintSha256, privateKey: config.key },
  },
});

const seen = { users: [] as string[][], members: 0, lifetimes: [] as number[] };
for (const tenant of config.tenants) {
  const result = await app.acquireTokenByClientCredential({
    scopes: ['https://graph.microsoft.com/.default'],
    authority: `${config.login}/${tenant}`,
  });
  if (!result) throw new Error('no token');
  seen.lifetimes.push(((result.expiresOn?.getTime() ?? 0) - Date.now()) / 1000);
  const read = async (path: string): Promise<{ value: { userPrincipalName: string }[] }> => {
    const answer = await fetch(`${config.graph}/v1.0${path}`, {
      headers: { authorization: `Bearer ${result.accessToken}` },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { value: { userPrincipalName: string }[] };
  };
  seen.users.push(
    (await read('/users?$select=id,userPrincipalName')).value.map((user) => user.userPrincipalName),
  );
  if (tenant === config.tenants[0])
    seen.members = (await read(`/groups/${config.group}/transitiveMembers`)).value.length;
}
process.stdout.write(JSON.stringify(seen));
