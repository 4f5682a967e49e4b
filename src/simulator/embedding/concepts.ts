/** Common words that mean about the same: a model has learnt that, feature hashing has to be told. */
import { stemOf } from './words.js';

/** One meaning per line; the first word names it. */
const GROUPS = `
animal pet creature beast wildlife
cat kitten feline kitty tomcat
dog puppy hound canine
bird sparrow pigeon eagle crow
horse pony mare stallion
car automobile vehicle truck sedan taxi motorcar
bicycle bike cycle
train railway locomotive subway metro
plane airplane aircraft jet flight
boat ship vessel ferry yacht
house home building residence apartment flat dwelling
room chamber kitchen bedroom bathroom
city town village municipality
street road avenue highway lane
country nation state republic
doctor physician surgeon medic
nurse caregiver
hospital clinic infirmary
illness disease sickness ailment infection virus
medicine drug medication pill remedy
teacher instructor professor tutor lecturer
student pupil learner
school college university academy
child kid boy girl toddler infant baby
man guy gentleman male
woman lady female
mother mom mum mommy
father dad daddy papa
friend companion buddy pal mate
family relatives kin parents
king queen monarch prince princess royal
president minister chancellor governor
police officer cop sheriff
thief robber burglar criminal
law statute regulation legislation
court judge tribunal trial
money cash currency funds
price cost fee charge
buy purchase acquire order
sell vend trade
shop store market supermarket retailer
bank lender
company firm business corporation enterprise
employee worker staff
boss manager supervisor chief
job work occupation profession career
salary wage pay income earnings
food meal dish cuisine
eat dine consume devour
drink beverage sip
bread loaf bun toast
fruit apple banana orange pear
vegetable carrot potato onion
meat beef pork chicken steak
coffee espresso latte cappuccino
tea infusion
water liquid
cook chef bake roast fry
happy glad joyful cheerful delighted pleased
sad unhappy sorrowful gloomy
angry furious mad irritated
afraid scared frightened fearful
love adore affection
hate detest loathe
good great excellent wonderful fantastic
bad terrible awful poor horrible
big large huge enormous giant
small little tiny miniature
fast quick rapid swift speedy
slow sluggish
hot warm heat burning
cold cool chilly freezing icy
new recent modern novel
old ancient aged antique
begin start commence launch
end finish stop conclude terminate
make create build produce construct
break damage destroy ruin
repair fix mend restore
help assist aid support
speak talk say tell chat
write compose author
read browse peruse
book novel volume
newspaper magazine journal
song music melody tune
movie film cinema picture
game match play tournament
football soccer
win victory triumph
lose defeat
run jog sprint race
walk stroll hike
sleep nap slumber rest
sit seated perch
see look watch observe view
hear listen
think believe consider ponder
learn study
know understand comprehend
question ask query inquire
answer reply respond response
computer laptop pc machine
software program application app
code programming script
bug error defect fault
internet web online network
server host backend
database datastore sql
phone telephone smartphone mobile cellphone
email mail message
password passphrase credential
login signin authenticate
install setup deploy
delete remove erase
refund reimbursement repayment
invoice bill receipt
delivery shipping shipment
weather climate forecast
rain shower drizzle storm
sun sunny sunshine
snow blizzard
sea ocean
river stream creek
mountain hill peak
forest wood jungle
tree oak pine
flower rose tulip blossom
garden yard lawn
earth world globe planet
space universe cosmos
star sun galaxy
science research
war battle conflict fight combat
peace harmony truce
weapon gun rifle firearm
kill murder slay
death die dead
life live alive
mat rug carpet
chair seat stool bench
table desk
red crimson scarlet
blue azure navy
green emerald
black dark
white bright
travel journey trip voyage
holiday vacation
hotel inn hostel
morning dawn
evening dusk night
year annual
month monthly
day daily
`;

const BY_WORD = new Map<string, string>();
for (const line of GROUPS.trim().split('\n')) {
  const words = line.split(' ');
  for (const word of words) {
    for (const form of [word, stemOf(word)]) if (!BY_WORD.has(form)) BY_WORD.set(form, words[0]!);
  }
}

/** The meaning that a word shares with others, if it is a common one. */
export const conceptOf = (word: string, stem: string): string | undefined =>
  BY_WORD.get(word) ?? BY_WORD.get(stem);
