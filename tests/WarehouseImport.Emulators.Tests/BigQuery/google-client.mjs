// Drives the emulator with Google's own client. Arguments: the emulator's address, the project, a bearer token.
// It prints one JSON line for each check, and ends with 0 only if none threw.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(process.cwd() + '/'));
const { BigQuery } = require('@google-cloud/bigquery');
const { OAuth2Client } = require('google-auth-library');
const [address, projectId, token] = process.argv.slice(2);

const authClient = new OAuth2Client();
authClient.setCredentials({ access_token: token });
const bigquery = new BigQuery({ projectId, apiEndpoint: address.replace(/\/$/, ''), authClient });
const say = (check, value) => console.log(JSON.stringify({ check, value }));

const [datasets] = await bigquery.getDatasets();
say('datasets', datasets.map(d => d.id));

const [tables] = await bigquery.dataset('crm').getTables();
say('tables', tables.map(t => t.id));

const [metadata] = await bigquery.dataset('crm').table('customers').getMetadata();
say('schema', metadata.schema.fields.map(f => `${f.name} ${f.type}`));

const sql = 'SELECT id, email, updated_at, score FROM `crm.customers` WHERE updated_at > @from ORDER BY updated_at, id';
const query = { query: sql, params: { from: bigquery.timestamp('2024-01-01T00:00:00.000001Z') } };
const [rows] = await bigquery.query(query);
say('query', rows.map(r => [r.id, r.email, r.updated_at.value, r.score]));

const [job] = await bigquery.createQueryJob({ ...query, jobId: `mine_${Date.now()}` });
const [first, next] = await job.getQueryResults({ maxResults: 2, autoPaginate: false });
const [second] = await job.getQueryResults(next);
say('pages', [first.length, second.length, typeof next.pageToken]);
const [jobMetadata] = await job.getMetadata();
say('job', jobMetadata.status.state);

const [dry] = await bigquery.createQueryJob({ ...query, dryRun: true });
say('dryRun', Number(dry.metadata.statistics.totalBytesProcessed) > 0);

const [preview] = await bigquery.dataset('crm').table('customers').getRows({ maxResults: 1, autoPaginate: false });
say('tabledata', preview.length);

const [jobs] = await bigquery.getJobs();
say('jobs', jobs.length > 0);

for (const bad of ['SELEC 1', 'SELECT nope FROM `crm.customers`', 'SELECT 1 FROM `crm.nothing`']) {
  try {
    await bigquery.query(bad);
    say('error', null);
  } catch (error) {
    say('error', [error.code, error.errors?.[0]?.reason]);
  }
}
