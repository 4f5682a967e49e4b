/** Every setting of `server` has its effect, and the stronger layer decides it. */
import { ACCESS_ROWS } from './access-rows.js';
import { SERVER_FLEET_ROWS } from './fleet-rows.js';
import { LIVE_FLEET_ROWS } from './live-fleet-rows.js';
import { useModelFiles } from './models-rows.js';
import { SERVER_ROWS } from './server-rows.js';
import { describeEffects } from './situations.js';
import { STORAGE_ROWS, useDataFolders } from './storage-rows.js';
import { useReceiver, WEBHOOK_ROWS } from './webhook-rows.js';

useModelFiles();
useDataFolders();
useReceiver();
describeEffects([
  ...SERVER_ROWS,
  ...SERVER_FLEET_ROWS,
  ...LIVE_FLEET_ROWS,
  ...STORAGE_ROWS,
  ...ACCESS_ROWS,
  ...WEBHOOK_ROWS,
]);
