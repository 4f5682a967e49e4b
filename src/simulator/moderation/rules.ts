/**
 * What makes a text harmful, as far as words tell: patterns with the category that each points to and how strongly. A
 * stand-in for a classifier, for tests of the code around one; it has no claim to protect anybody.
 */

/** Categories of OpenAI's moderation, in its order. */
export const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'sexual',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm/intent',
  'self-harm/instructions',
  'self-harm',
  'sexual/minors',
  'violence',
  'violence/graphic',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** A pattern, and how likely a text in which it is found is of each category. */
export interface Rule {
  pattern: RegExp;
  scores: Partial<Record<Category, number>>;
}

const PERSON = String.raw`(?:you|him|her|them|he|she|they|people|someone|somebody|everyone|everybody|my \w+|the \w+|that \w+|this \w+)`;
const GROUP = String.raw`(?:(?:all|those|these) )?(?:immigrants|foreigners|refugees|women|men|gays|lesbians|muslims|jews|christians|blacks|whites|asians|disabled people|(?:black|white|asian|gay|trans|jewish|muslim) people)`;

const rule = (source: string, scores: Rule['scores']): Rule => ({ pattern: new RegExp(source, 'i'), scores });

export const RULES: readonly Rule[] = [
  // Violence and threats.
  rule(String.raw`\b(?:kill|murder|stab|shoot|strangle|slaughter|execute|behead)(?:s|ed|ing)? ${PERSON}\b`, {
    violence: 0.88,
  }),
  rule(
    String.raw`\bi(?:'ll| will| am going to|'m going to| want to| wanna|'d like to) (?:\w+ ){0,2}(?:kill|murder)\s*(?:[.!?,;]|$)`,
    { violence: 0.78 },
  ),
  rule(String.raw`\b(?:massacre|bloodbath|beheading|mass shooting|torture[ds]?|genocide)\b`, {
    violence: 0.72,
  }),
  rule(String.raw`\b(?:fight|punch|beat(?:en)?|attack|assault|bomb|weapon)\w*\b`, { violence: 0.22 }),
  rule(
    String.raw`\b(?:i(?:'ll| will| am going to|'m going to| want to| wanna)|we(?:'ll| will)) (?:\w+ )?(?:kill|murder|stab|shoot|hurt|beat|destroy|find|burn) (?:you|him|her|them|your \w+)\b`,
    {
      'harassment/threatening': 0.86,
      harassment: 0.72,
      violence: 0.9,
    },
  ),
  rule(
    String.raw`\b(?:dismember|disembowel|decapitat|mutilat|entrails|gore|guts spilled|severed (?:head|limb|hand)|blood (?:spurt|gush|pour)\w*)\w*`,
    {
      violence: 0.82,
      'violence/graphic': 0.88,
    },
  ),
  // Harassment and hate.
  rule(
    String.raw`\b(?:you(?:'re| are)|he is|she is|they are) (?:\w+ ){0,3}(?:stupid|idiots?|worthless|pathetic|disgusting|moron|losers?|ugly|trash|garbage)\b`,
    {
      harassment: 0.84,
    },
  ),
  rule(String.raw`\b(?:stupid|idiot|moron|shut up|loser|pathetic)\b`, { harassment: 0.34 }),
  rule(String.raw`\b(?:i |we )?(?:hate|despise|can't stand) ${GROUP}\b`, { hate: 0.89, harassment: 0.6 }),
  rule(
    String.raw`\b${GROUP} (?:are|should be) (?:\w+ ){0,3}(?:inferior|subhuman|vermin|animals|scum|parasites|criminals|disgusting)\b`,
    {
      hate: 0.94,
      harassment: 0.66,
    },
  ),
  rule(String.raw`\b(?:exterminate|eradicate|kill|shoot|hang|deport|burn) ${GROUP}\b`, {
    hate: 0.93,
    'hate/threatening': 0.87,
    violence: 0.82,
  }),
  // Self-harm.
  rule(
    String.raw`\bi (?:\w+ ){0,4}(?:kill myself|end my (?:own )?life|want to die|hurt myself|cut myself|harm myself|commit suicide)\b`,
    {
      'self-harm': 0.95,
      'self-harm/intent': 0.94,
      violence: 0.3,
    },
  ),
  rule(
    String.raw`\b(?:suicid(?:e|al)|self-harm|self harm|kill (?:my|your|him|her|them)sel(?:f|ves)|anorexi|bulimi)\w*`,
    {
      'self-harm': 0.74,
    },
  ),
  rule(
    String.raw`\b(?:how (?:to|do i|can i)|best way to|ways to|instructions for) (?:\w+ ){0,4}(?:kill (?:my|your)self|commit suicide|cut (?:my|your)self|starve|self-harm|hang (?:my|your)self|overdose)\b`,
    {
      'self-harm': 0.93,
      'self-harm/instructions': 0.92,
      'self-harm/intent': 0.7,
    },
  ),
  // Sexual.
  rule(
    String.raw`\b(?:porn\w*|erotic\w*|nudes?|naked|orgasm\w*|explicit sex|have sex|having sex|sex (?:scene|act|tape)|blowjob|masturbat\w*|genitals?)\b`,
    {
      sexual: 0.86,
    },
  ),
  rule(String.raw`\b(?:sexy|seductive|aroused?|lingerie|undress\w*|kissed passionately)\b`, { sexual: 0.4 }),
  rule(
    String.raw`^(?=.*\b(?:porn|erotic|nude|naked|sexual|have sex|having sex|undress)\w*)(?=.*\b(?:child(?:ren)?|minors?|underage|schoolgirl|schoolboy|(?:[1-9]|1[0-7])[- ]years?[- ]old|teen(?:ager)?|little (?:girl|boy))\b)`,
    {
      sexual: 0.9,
      'sexual/minors': 0.93,
    },
  ),
  // Illicit.
  rule(
    String.raw`\b(?:how (?:to|do i|can i|do you)|best way to|teach me to|help me|steps to|guide to|instructions (?:for|to)) (?:\w+ ){0,4}(?:steal|shoplift|ha(?:ck|xor)|launder|counterfeit|forge|pick a lock|evade taxes|smuggle|cook meth|make (?:meth|drugs|fake \w+)|buy (?:drugs|cocaine|heroin)|sell (?:drugs|cocaine|heroin)|hot-?wire|phish\w*|break into|rob)\b`,
    {
      illicit: 0.9,
    },
  ),
  rule(
    String.raw`\b(?:cocaine|heroin|meth(?:amphetamine)?|money laundering|ransomware|stolen credit cards?|fake passports?)\b`,
    {
      illicit: 0.42,
    },
  ),
  rule(
    String.raw`\b(?:how (?:to|do i|can i|do you)|best way to|teach me to|help me|steps to|guide to|instructions (?:for|to)) (?:\w+ ){0,4}(?:(?:make|build|assemble|buy|detonate|plant) (?:\w+ ){0,3}(?:bombs?|explosives?|grenades?|guns?|weapons?|silencers?|poison|nerve agents?)|kill (?!myself|yourself)\w+|poison \w+|murder \w+|hire a hitman)\b`,
    {
      illicit: 0.93,
      'illicit/violent': 0.92,
      violence: 0.6,
    },
  ),
];

/** Ordinary phrases with a violent word in them; they are taken out before the rules look. */
export const HARMLESS: readonly RegExp[] = [
  /\bkill(?:s|ed|ing)? (?:it|the (?:process(?:es)?|job|task|thread|server|pod|container|session|lights?|engine|switch|mood|time)|time|two birds)\b/gi,
  /\b(?:shoot|shot|shooting) (?:me|you|us|him|her|them) (?:an?|the) (?:e-?mail|message|text|line|note)\b/gi,
  /\b(?:shoot|shooting) (?:the |a )?(?:film|movie|video|photos?|pictures?|scene|hoops)\b/gi,
  /\bexecut(?:e|es|ed|ing) the (?:command|query|script|program|code|plan|function|statement|order|task)\b/gi,
  /\b(?:beat|beats|beating) the (?:eggs?|clock|odds|drum|record|market)\b/gi,
];
