/** Images, audio and video. Their code is loaded with their first request. */
import type { ServerContext } from '../../context.js';
import type { Route } from '../../routing/route.js';
import { lazyRoutes } from './operations.js';

export const mediaRoutes = (context: ServerContext): Route[] => [
  ...lazyRoutes(context, async () => (await import('./images/images.js')).handlers, [
    'createImage',
    'createImageEdit',
    'createImageVariation',
  ]),
  ...lazyRoutes(context, async () => (await import('./audio/audio.js')).handlers, [
    'createSpeech',
    'createTranscription',
    'createTranslation',
    'createVoiceConsent',
    'listVoiceConsents',
    'getVoiceConsent',
    'updateVoiceConsent',
    'deleteVoiceConsent',
    'createVoice',
  ]),
  ...lazyRoutes(context, async () => (await import('./realtime/realtime.js')).handlers, [
    'create-realtime-client-secret',
    'create-realtime-session',
    'create-realtime-transcription-session',
    'create-realtime-call',
    'accept-realtime-call',
    'hangup-realtime-call',
    'refer-realtime-call',
    'reject-realtime-call',
    'create-realtime-translation-client-secret',
  ]),
  ...lazyRoutes(context, async () => (await import('./videos/videos.js')).handlers, [
    'createVideo',
    'ListVideos',
    'GetVideo',
    'DeleteVideo',
    'RetrieveVideoContent',
    'CreateVideoRemix',
    'CreateVideoEdit',
    'CreateVideoExtend',
    'CreateVideoCharacter',
    'GetVideoCharacter',
  ]),
  {
    method: 'GET',
    path: '/realtime',
    operationId: 'openRealtime',
    handler: async (request, reply) =>
      (await import('./realtime/realtime.js')).openRealtime(context, request, reply),
  },
  {
    // As it was before there were calls, and as older examples for browsers have it.
    method: 'POST',
    path: '/realtime',
    operationId: 'answerRealtimeOffer',
    handler: async (request, reply) =>
      (await import('./realtime/calls/create-call.js')).createCall(context, request, reply),
  },
  {
    method: 'POST',
    path: '/fakeai/realtime/calls',
    operationId: 'ringRealtimeCall',
    handler: async (request, reply) =>
      (await import('./realtime/calls/sip.js')).ring(context, request, reply),
  },
  {
    method: 'GET',
    path: '/fakeai/realtime/calls/:call_id',
    operationId: 'showRealtimeCall',
    handler: async (request, reply) =>
      (await import('./realtime/calls/sip.js')).show(context, request, reply),
  },
  {
    method: 'GET',
    path: '/realtime/translations',
    operationId: 'openRealtimeTranslation',
    handler: async (request, reply) =>
      (await import('./realtime/translation/translations.js')).openTranslation(context, request, reply),
  },
  {
    method: 'POST',
    path: '/realtime/translations/calls',
    operationId: 'createRealtimeTranslationCall',
    handler: async (request, reply) =>
      (await import('./realtime/translation/translations.js')).createTranslationCall(context, request, reply),
  },
  {
    method: 'GET',
    path: '/audio/voices',
    operationId: 'listVoices',
    handler: async (_request, reply) => (await import('./audio/audio.js')).listVoices(context, reply),
  },
  {
    method: 'GET',
    path: '/images/:name',
    operationId: 'serveImage',
    // Pictures are shown by whoever has their URL.
    open: true,
    handler: async (request, reply) =>
      (await import('./images/images.js')).serveImage(context, request, reply),
  },
];
