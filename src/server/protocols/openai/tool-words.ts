/** Which tools of the server's own a simulated model takes, by what the user says. */

/** Tools that the server runs itself, by what is said that calls for them. */
export const TOOL_WORDS = {
  web_search: /\b(?:search|web|latest|news|today|current|online|look up|internet)\b/i,
  file_search: /\b(?:files?|documents?|docs?|policy|according|search|find|manual|notes)\b/i,
  image_generation: /\b(?:draw|paint|sketch|illustrate|image|picture|photo|logo|illustration)\b/i,
  code_interpreter:
    /\b(?:code|compute|calculate|python|plot|chart|graph|histogram|csv|spreadsheet|run|solve|sum|average)\b/i,
  shell:
    /\b(?:shell|terminal|bash|command|execute|run|script|install|list|ls|cat|files?|folder|directory|python|node|skill)\b/i,
} as const;

/** Score from which on what is found in vector stores calls for a search by itself. */
export const TELLING_SCORE = 0.3;
