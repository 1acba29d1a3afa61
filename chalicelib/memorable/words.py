"""Word lists of memorable sentences, chosen to be read aloud and understood.

No two words are similar, sound alike or have two spellings, and no sentence offends. Sentences are in use, so
words must keep their index.
"""

from typing import Final

# In digits. Not from 10 to 19, since "fifteen" is heard as "fifty"; not 69.
FEW: Final = tuple(str(number) for number in range(2, 10))
MANY: Final = tuple(str(number) for number in range(20, 85) if number != 69)
_ADJECTIVES: Final = """
agile alert amiable ancient artistic astute athletic attentive blissful breezy brilliant buoyant
candid carefree charming chatty chirpy civil confident contented creative curious dapper daring
dazzling devoted dignified dreamy dynamic easygoing ecstatic elegant eloquent enchanted esteemed
excellent exultant fabulous famous fluffy fortunate funny gallant generous gentle gifted gleeful
glorious gracious hardy heroic hopeful idealistic illustrious impartial inquisitive inspired
intrepid inventive jolly jovial jubilant legendary lively loyal lucky luminous lyrical magical
majestic mellow methodical mighty mindful modern mysterious nimble nocturnal optimistic orderly
original outgoing peaceful perceptive placid poetic polite popular prosperous prudent punctual
quirky radiant rational refined reliable resilient robust rustic scholarly sensible sincere
sociable sparkling splendid stalwart steadfast studious sublime tactful talented thankful tidy
timeless tranquil truthful unique upbeat versatile vibrant victorious vivacious whimsical
wonderful worldly zany zealous zippy
"""
_ANIMALS: Final = """
aardvarks albatrosses alligators alpacas anteaters antelopes armadillos badgers belugas
bluebirds bobcats budgerigars bulldogs bumblebees butterflies camels canaries capybaras
cassowaries caterpillars chameleons chickadees chinchillas chipmunks condors corgis cormorants
crickets crocodiles dalmatians dolphins dragonflies dragons dromedaries ducklings eagles
echidnas elephants falcons ferrets fireflies foxes gazelles geese giraffes goldfinches goslings
grasshoppers hamsters hedgehogs hummingbirds huskies iguanas impalas jaguars kangaroos kestrels
kingfishers kittens koalas labradors lemurs leopards lizards lobsters lorikeets lynxes macaws
magpies mallards manatees mastiffs meerkats mustangs nightingales ocelots okapis orcas orioles
ospreys ostriches otters owls pandas pangolins parakeets parrots partridges pelicans penguins
pheasants ponies poodles porcupines puffins pumas puppies rabbits ravens retrievers rhinos
salamanders sandpipers sardines seahorses sheepdogs skylarks sloths snails spaniels squirrels
starlings stingrays swans terrapins terriers tigers tortoises turtledoves turtles unicorns
wallabies walruses warblers whippets wolves wombats zebras
"""
# In the past tense, and harmless for any subject.
_DEEDS: Final = """
applauded arrived assembled bounced breakfasted cartwheeled celebrated chuckled climbed cycled
danced dozed exercised explored frolicked galloped gardened gathered glided hibernated hovered
hummed improvised juggled knitted laughed listened marched meditated negotiated paddled painted
parachuted picnicked pirouetted rehearsed rejoiced returned sauntered scampered scurried skated
sketched skipped smiled sneezed stargazed strode strolled strummed studied sunbathed surfed
tiptoed tobogganed trotted twirled volunteered waltzed wandered whispered whistled yawned
zigzagged
"""
_MANNERS: Final = """
abroad again bravely briskly calmly carefully cheerfully constantly cordially courteously
deliberately delightedly diligently eagerly earnestly effortlessly everywhere faithfully
fearlessly fluently gracefully heartily honestly humbly indoors intensely jauntily joyfully
kindly lazily leisurely merrily neatly often outside patiently perfectly playfully precisely
promptly proudly quietly rapidly regularly serenely silently slowly smoothly steadily stylishly
suddenly superbly swiftly thoughtfully tirelessly together triumphantly twice unanimously
upstairs vigorously vividly yesterday zestfully
"""

ADJECTIVES: Final = tuple(_ADJECTIVES.split())
ANIMALS: Final = tuple(_ANIMALS.split())
DEEDS: Final = tuple(_DEEDS.split())
MANNERS: Final = tuple(_MANNERS.split())
