/**
 * The words of generated prose, by word class.
 *
 * Every word with a leading space is exactly one token in o200k_base and in cl100k_base; the words of the classes in
 * `OPENING_CLASSES` (grammar.ts) are so capitalised too, with and without the space. A test re-verifies all of them, so words
 * can be added freely. Common English words, selected for this file; nothing violent or offensive, as any word can meet
 * any other.
 */

const words = (list: string): readonly string[] => list.trim().split(/\s+/);

/** The lexicon: word class → its words, lower case except names. */
export const LEXICON = {
  /** Countable singular nouns. */
  nouns: words(`
    account action address afternoon agency agent aircraft airport alarm album analysis angle answer apartment
    apple application approach area arrival arrow article artist aspect assembly audience author autumn
    average award background balance ball band bank bar barrel basket battery beach bear beard beauty bell
    bench bicycle bill bird blanket board boat book border bottle bottom box branch bread break breakfast
    breath brick bridge brother bucket budget building bush business butter button cabin cabinet cake calendar
    camera camp campaign canal cap capital captain car card career carriage case castle cat cause ceiling
    center century ceremony chain chair challenge champion chance change channel chapter character chart check
    cheese chief choice circle city claim class client climate clinic cloth cloud club coach coast coat coffee
    coin collar colleague collection college column comment committee community companion company complaint
    computer concept concern concert conclusion conference connection consequence contact contest context
    contrast contribution conversation cook copper copy cottage council country couple course court cover
    creature credit crew crop cross crown culture cup current curtain curve cycle dance daughter day deal
    debate decision deck definition degree delay delivery department depth description desert design desk
    development device dialogue diamond diary difference direction director discovery discussion dish display
    district doctor document dog door doubt drama drawer drawing dream dress driver duty eagle ear earth edge
    edition education effect effort egg element elephant employee employer end engine engineer entrance
    environment episode equation error essay estate event evidence exam example exchange exercise existence
    expansion experience experiment expert explanation extension eye fabric face facility fact factory failure
    family farm farmer fashion feature feeling fence festival field figure film filter finger fire fish flag
    flight floor flow flower focus folder foot forest fork form formula fortune foundation fountain frame
    friend front fruit fund future galaxy game gap garage gate gift glass glove goal grade grandfather
    grandmother grass ground group growth guest guide guitar habit hall hammer handle harbor hat head health
    heart height hero hill history holiday home horse hospital host hotel hour house image impact improvement
    incident income increase individual industry initiative ink insect instance instrument interest interior
    interview introduction invention investment iron island issue item jacket joke journal journey judgment
    juice jump king kingdom kitchen knowledge label ladder lake lamp landscape language laptop law layer
    leader leaf league lecture lesson level library license life lift light line link lion list literature
    load location lock log loss lunch machine mailbox manager manner manual map march mark market match
    material matter mayor meaning measure medicine meeting member memory merchant message metal method middle
    milk mind mine minister minute mirror mission mixture model moment money monster month moon morning mother
    motion motor mountain movement movie museum music mystery name needle neighbor neighborhood nephew nerve
    network newspaper night noise north nose note notice notion novel number nurse object occasion ocean offer
    office officer oil opening operation operator opinion opportunity option order organ organization origin
    outcome output owner package page painter painting pair panel paper parade parent park part passage
    passenger past patch path pattern payment peace peak pen pencil people performance period permission
    person perspective phase photo photograph phrase piano picture piece pipe place plan plane planet plant
    platform player pocket poem poet point policy pool population position possibility post potato pound power
    practice preference presence price pride prince princess principle print problem process producer product
    profession professor profit program progress project promise proof proposal purpose quality quantity
    quarter queen queue quote radio railway rain range reaction reader reality reason receipt recipe recovery
    reference reflection region relation relationship report representative request research reserve resident
    resource response rest restaurant result return revolution reward rhythm rice ring rise road robot rock
    role roof room rope route routine row rule runner sailor salad salt sample sand scale schedule scheme
    school science scientist score script sea search season seat second secretary section sector seed segment
    selection sentence sequence series server service session shadow shape share shelf shell shelter ship
    shirt shoe shop shore show side sign signal signature silence silver sister site situation size skill sky
    slide slope smile snow society soil son song sound soup source south speaker speech speed spell spoon
    sport spring square stable staff stage stair star start state statement station statue steel stem step
    stick stock stone store storm story strategy stream street string structure student studio study style
    success sugar suggestion suit summer summit supper supply support surface surprise survey sweater swing
    switch symbol system table tale talent tank target task taste taxi teacher team technique technology
    telephone tent term territory test text theater theory thing thought thread thumb ticket tiger title toast
    tomato tone tool top topic tour tourist towel tower toy track trade tradition traffic trail training
    transfer transition translation transport travel treatment tree trend trial triangle trick trouble truck
    trumpet trunk trust truth turn type uncle uniform union unit university update user vacation valley value
    variable variation variety vegetable vehicle version veteran victory video view village violin visitor
    voice volume voyage wage wagon walk wall wallet warehouse warning watch wave way wealth weather website
    week weight welcome west wheat wheel whisper window wing winner winter wire wisdom witness wolf wonder
    wood word work workshop world writer yard year zone
  `),
  /** Plural nouns. */
  plurals: words(`
    accounts actions actors ages airlines angels animals answers applications approaches areas articles
    artists attorneys authors bands banks bars bears beds benefits birds boards boots borders bottles brands
    bridges brothers buttons buyers cameras campaigns careers cars cases cells centuries chains champions
    channels charges charts checks circles cities citizens clocks clothes coaches coins colors columns
    comments companies components computers conclusions connections conversations cookies corners countries
    couples courses credits crops cups curves dates daughters days decades decisions degrees departments
    designs devices diamonds differences discussions dishes distances dogs dollars dreams drivers eggs
    elements emotions engineers engines entries essays examples experiences experiments experts eyes faces
    facilities families fans features feelings fields figures files findings fingers fires flames floors foods
    forces forests foundations frames friends games gardens glasses goals guards guests guides hands hats
    heads hills holes horses hospitals hotels humans ideas images indicators individuals insects instructions
    investments investors islands jobs jokes journalists kitchens lakes laws lawyers layers lectures lessons
    letters limits lines lists loans looks losses lots managers maps markers materials meals medicines
    meetings members messages metals methods minutes mirrors models moments mountains movements movies names
    nations needs newspapers notes numbers nurses objects oceans offers officers opinions opportunities orders
    organizations packages pages paintings papers parents parks passengers patterns periods permissions
    persons photos phrases pictures places planes plants plates poets points policies possibilities posts
    potatoes predictions principles procedures processes producers programs projects promises qualities
    quantities quotes rates recipes records references relations relationships reports researchers resources
    results reviews rewards roads robots rocks routes rows sailors sales scenes scholars schools scores
    screens seasons sections seeds senses sentences sequences sessions shadows shapes shirts shoes sides
    signals sites situations skills societies soils solutions sounds spaces sports spots squares standards
    stars statements sticks stocks stories storms strengths strings structures styles subjects subscribers
    supporters surveys systems tables talents targets tasks taxes technologies teeth terms territories
    theories things thoughts times tips titles tools tourists towns toys tracks trails trains transactions
    trees trends trips trucks units universities updates values variables variations versions videos villages
    visitors visits volunteers wages walls waves ways weights wheels winners wires wishes woods words workers
    worlds years
  `),
  /** Past-tense verbs that take an object; the past agrees with every subject. */
  transitive: words(`
    accepted accompanied achieved acquired adapted added addressed adjusted admired admitted adopted advanced
    affected allowed announced answered appreciated approached approved arranged asked assembled assessed
    assigned assisted assumed attached attended attracted avoided awarded balanced blocked borrowed bought
    broke brought built calculated called captured carried caught caused celebrated challenged changed charged
    checked chose claimed cleaned cleared climbed closed collected combined compared completed composed
    concerned concluded confirmed confused connected considered constructed contacted contained continued
    controlled converted copied corrected counted covered crossed cut dealt decided declared decorated
    defended defined delayed delivered demanded denied described designed detected determined developed
    directed discovered discussed displayed distributed divided drew dropped earned edited elected employed
    enabled encountered encouraged ended enjoyed ensured entered equipped escaped established estimated
    evaluated examined exchanged expanded expected experienced explained explored exposed expressed extended
    faced favored feared featured filed filled finished fixed followed forced forgot formed found founded
    gained gathered gave generated got governed grabbed granted greeted guarded guided handled heard held
    helped hid hired honored identified ignored illustrated imagined implemented imported improved included
    increased indicated influenced informed inherited inspected inspired installed introduced invented
    investigated invited involved issued joined judged justified kept knew labeled launched learned led left
    liked limited linked listed loaded located locked lost loved made maintained managed marked matched
    measured mentioned met missed mixed modified monitored moved named needed noticed obtained occupied
    offered opened operated opposed ordered organized owned packed painted passed performed permitted picked
    placed planned planted played posted praised predicted preferred prepared presented preserved pressed
    prevented printed processed produced promised promoted proposed protected proved provided published pulled
    purchased pursued pushed put questioned quoted raised ran reached read realized recalled received
    recognized recommended recorded recovered reduced reflected refused regarded registered rejected released
    remembered removed renewed repaired repeated replaced reported represented requested required rescued
    resolved respected restored retained returned revealed reviewed revised rewarded ruled saved saw scheduled
    secured selected sent separated served settled shaped shared shifted showed signed sold solved sought
    split spotted spread started stated stored studied submitted suggested supplied supported surrounded
    surveyed sustained taught tested took tracked traded trained transferred transformed translated treated
    tried turned understood updated used valued viewed visited wanted warned washed wasted watched welcomed
    witnessed won wore wrote
  `),
  /** Past-tense verbs that need no object. */
  intransitive: words(`
    acted agreed appeared argued arrived began behaved breathed broke came cared changed climbed collapsed
    competed complained continued cooked danced decided declined departed disappeared dreamed drove emerged
    ended escaped evolved expanded fell fled flew flowed followed gathered graduated grew happened hoped
    hurried improved insisted joined jumped landed lasted laughed learned left listened lived looked lost met
    moved opened operated participated passed paused played prayed proceeded progressed ran reacted read
    relaxed remained replied responded rested returned rode rolled rose sailed sang sat settled shook shouted
    slept slid smiled spoke spread stared started stayed stepped stood stopped struggled succeeded survived
    talked traveled turned vanished waited walked wandered watched went whispered won wondered worked
  `),
  /** Past-tense verbs followed by an adjective. */
  linking: words(`
    appeared became felt grew looked proved remained seemed sounded was
  `),
  /** Past-tense verbs followed by a that-clause. */
  reporting: words(`
    admitted agreed announced argued assumed believed claimed concluded confirmed decided declared denied
    discovered dreamed expected explained felt found guessed heard hoped imagined indicated insisted knew
    learned mentioned noted noticed observed predicted promised proved realized recalled remembered repeated
    replied reported revealed said saw showed stated suggested thought understood wrote
  `),
  /** Base forms, for use after a modal. */
  verbs: words(`
    accept achieve acquire add address adjust admire admit adopt afford allow analyze announce answer
    appreciate approach approve arrange ask assemble assess assign assist assume attach attempt attend attract
    avoid balance become believe block borrow break bring build buy calculate call capture carry catch
    celebrate challenge change charge chase check choose claim clean clear climb close collect combine compare
    complete confirm confuse connect consider construct consume contact contain continue control convert
    convince copy correct count cover create cross cut decide declare defend define deliver demand deny
    describe deserve design detect determine develop direct discover discuss display distribute divide doubt
    draw drive drop earn eat edit elect eliminate employ enable encounter encourage enhance enjoy ensure enter
    escape establish estimate evaluate examine exchange exclude execute expand expect experience explain
    explore export expose express extend face favor fear feel fill find finish fix follow forget forgive form
    found gain gather generate get give govern grab grant greet grow guard guess guide handle hear help hide
    hire hold honor identify ignore illustrate imagine implement import improve include increase indicate
    influence inform inspect inspire install introduce invent investigate invite involve join keep know launch
    lead learn leave lift like limit link list load locate lock lose love maintain make manage mark match
    measure meet mention miss mix modify monitor move name need notice obtain occupy offer open operate order
    organize overcome own pack paint pass perform permit pick place plan plant play praise predict prefer
    prepare present preserve press prevent print process produce promise promote propose protect prove provide
    publish pull purchase pursue push put question quote raise reach read realize recall receive recognize
    recommend record recover reduce reflect refuse reject release remember remind remove repair repeat replace
    report represent request require rescue resist resolve respect restore retain return reveal review ride
    run save see seek select sell send separate serve settle shape share shift show sign sing solve spend spot
    spread start stop store study submit suggest supply support surprise surround survey survive sustain take
    taste teach test thank touch trace track trade train transfer transform translate treat trust try turn
    understand update use value view visit want warn wash waste watch wear welcome win witness write
  `),
  /** Adjectives that can stand before a noun. */
  adjectives: words(`
    absolute academic acceptable accurate active actual acute additional adequate advanced amazing ancient
    angry annual anxious apparent appropriate attractive automatic available average basic beautiful better
    big blank blue bold boring brave brief bright brilliant broad broken busy calm capable careful central
    civil classic clean clear clever close cold comfortable common compact complete complex confident
    conscious considerable consistent constant convenient cool correct creative critical crucial curious
    current daily dangerous dark dear decent deep definite delicate dense dependent different difficult
    digital direct distant distinct domestic double dramatic dry dull eager early eastern easy economic
    educational effective efficient elaborate electric electronic elegant emotional empty endless enormous
    entire environmental equal essential eternal evident exact excellent exciting exclusive existing exotic
    expensive experienced explicit extensive external extra extraordinary extreme fair faithful false familiar
    famous fast female few final financial fine firm flat flexible foreign formal former fortunate free
    frequent fresh friendly full fundamental future general generous gentle genuine giant global golden good
    grand grateful great green handy happy harsh helpful hidden high historic historical honest huge human
    humble hungry ideal identical immediate immense impossible impressive independent industrial inevitable
    informal initial inner innocent intelligent intense interesting interior internal international joint
    junior key kind known large last late leading legal light limited little living local logical long loose
    loud lovely low loyal lucky magnetic magnificent main major male marine massive mature maximum meaningful
    mechanical medical medium mental middle mild minimum minor minute missing mixed mobile modern modest moral
    mutual mysterious narrow national natural near neat necessary negative neutral new nice noble noisy normal
    northern notable novel numerous objective obvious occasional odd official open orange ordinary organic
    original outer outside overall parallel partial particular passive peaceful perfect permanent personal
    physical pink plain pleasant poetic polite popular positive possible potential powerful practical precious
    precise present pretty previous primary prime principal prior private productive professional profound
    prominent proper proud public pure purple quick quiet random rapid rare raw ready real realistic
    reasonable recent red regional regular related relative relevant reliable remarkable remote representative
    responsible ridiculous right rigid romantic round royal rural sad safe sandy scientific secondary secret
    secure senior sensitive separate serious severe shallow sharp short significant silent silver similar
    simple single slight slow small smart smooth social soft solar sole solid sophisticated southern spare
    special specific spectacular splendid stable standard steady steep still straight strategic strict
    striking strong structural subsequent substantial subtle successful sudden sufficient suitable super
    superb superior sure surprising suspicious sweet swift symbolic talented tall technical temporary tight
    tiny tough traditional tremendous tropical true typical ultimate uncertain unexpected unfair unhappy
    uniform unique universal unknown unusual upper urban urgent useful usual vague valid valuable various vast
    verbal vertical viable virtual visible visual vital vivid voluntary vulnerable warm wealthy weekly western
    whole wide wild willing wise wonderful wooden worldwide worthy wrong
  `),
  /** Adverbs of manner and place. */
  adverbs: words(`
    actively badly beautifully briefly carefully clearly consistently constantly correctly deeply deliberately
    directly downstairs easily effectively efficiently finally firmly formally forward freely frequently
    gently genuinely gladly gradually greatly happily heavily immediately independently indoors instantly
    lightly loudly nicely occasionally officially openly outdoors outside patiently perfectly permanently
    politely poorly potentially precisely privately promptly properly publicly quickly quietly rapidly readily
    regularly reliably remotely repeatedly sadly safely secretly separately seriously sharply shortly silently
    simultaneously slowly smoothly softly steadily strongly successfully suddenly surprisingly swiftly
    temporarily together upstairs widely wildly wisely wonderfully
  `),
  /** Adverbs that open a sentence and are followed by a comma. */
  openers: words(`
    actually apparently basically certainly clearly currently eventually finally fortunately furthermore
    generally however immediately indeed initially instead later maybe meanwhile moreover nevertheless
    normally now obviously often originally otherwise overall perhaps personally previously probably recently
    sadly similarly simply sometimes soon still then therefore thus today together ultimately unfortunately
    usually yesterday
  `),
  /** Given names; always capitalised. */
  names: words(`
    Aaron Adam Alan Albert Alex Alexander Alice Amy Andrew Anna Anne Anthony Arthur Ben Bill Bob Brian Carl
    Carlos Charles Charlie Charlotte Chris Christian Daniel David Donald Edward Elizabeth Emily Emma Eric
    Frank Fred George Grace Greg Harry Henry Howard Ian Jack Jacob James Jan Jane Jason Jean Jeff Jennifer Jim
    Joe John Jonathan Joseph Juan Karen Kate Kelly Kevin Kim Larry Laura Lewis Lisa Louis Luke Marco Maria
    Mark Martin Mary Matt Matthew Max Michael Michelle Mike Nick Pat Paul Peter Philip Rachel Richard Robert
    Roger Rose Ryan Sam Sarah Scott Simon Stephen Steve Steven Susan Ted Thomas Tim Tom Tony Victoria William
  `),
  /** Subject pronouns. */
  pronouns: words(`
    everybody everyone he nobody she someone they we you
  `),
  /** Determiners before a singular noun. */
  singularDeterminers: words(`
    another each every her his my one our that the their this your
  `),
  /** Determiners before a plural noun. */
  pluralDeterminers: words(`
    all both eight few five four her his many most my our seven several six some ten the their these those
    three two your
  `),
  /** Modal verbs. */
  modals: words(`
    can could did may might must should will would
  `),
  /** Prepositions inside a sentence. */
  prepositions: words(`
    above across against along among around behind below beneath beside between beyond in inside into near on
    outside through throughout toward towards under with without
  `),
  /** Prepositions that open a sentence. */
  openingPrepositions: words(`
    about above across after against along around at before behind below between beyond by despite during for
    from in inside near on outside over past through throughout under until upon with within without
  `),
  /** Conjunctions inside a sentence. */
  conjunctions: words(`
    after and because before but since when while
  `),
  /** Conjunctions that open a sentence. */
  openingConjunctions: words(`
    after although as because before if once since though unless until when whenever where while
  `),
} as const;

export type WordClass = keyof typeof LEXICON;
