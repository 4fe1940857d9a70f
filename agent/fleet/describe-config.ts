/** docs/fleet-configuration.md, explained from the schema itself (`npm run docs:config` writes it, test/config/describe.test.ts holds it). */
import { describeConfig, table } from '../config/describe.ts';
import { fleetSchema } from './config.ts';

export function fleetConfigurationPage(): string {
  return `${INTRODUCTION}\n${table(describeConfig(fleetSchema))}\n`;
}

const INTRODUCTION = `# Configuration of a fleet process

<!-- Written by \`npm run docs:config\` from agent/fleet/config.ts; a test holds the two together. Do not edit. -->

One file for each process of \`spitrap fleet -c fleet.yaml\` ([fleet.md](fleet.md)), YAML or JSON, spelled as an agent's
([configuration.md](configuration.md)) and checked as a whole before anything opens: durations and sizes have units, secrets stand in files of
their own, unknown keys are faults. What an agent needs to tell the fleet is its own key \`fleet\`.

## The smallest one

\`\`\`yaml
engine:
  servers: ["tls://nats1.example.net:4222", "tls://nats2.example.net:4222"]
  user: fleet
  password: { file: fleet.pw }
\`\`\`

The page is then at http://127.0.0.1:7424. From elsewhere it needs TLS and a token, as an agent's does ([page.md](page.md)):

\`\`\`yaml
engine: { servers: ["tls://nats1.example.net:4222"], creds: { file: fleet.creds }, tls: { ca: nats-ca.pem } }
page:
  listen: "192.0.2.20:7424"
  token: { file: page.token }
  tls: { certificate: page.pem, key: { file: page.key } }
  names: [fleet.example.net]
\`\`\`

## Every key
`;
