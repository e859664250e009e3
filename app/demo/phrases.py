"""What salespeople of a hygiene supplier write: subjects, reports, objections, next actions."""

COMPETITORS = ("Hygiapro", "Nettéo", "Alpes Entretien", "Propr'Est")
VISIT_SUBJECTS = (
    "Réassort trimestriel",
    "Présenter gamme écolabel",
    "Point sur les consommations",
    "Suivi distributeurs",
    "Tapis d'accueil",
    "Contrat bobines",
    "Gamme désinfection",
    "Démonstration autolaveuse",
    "Découverte besoin",
    "Renégociation tarif",
    "Formation équipe de nettoyage",
    "Bilan annuel",
)
SUMMARIES = {
    "positive": (
        "Bon accueil de {who}. Stock bas en ouate et savon, commande de réassort passée sur place.",
        "Tour des sanitaires avec {who}. Accord pour tester deux distributeurs inox pendant un mois.",
        "{who} apprécie le délai de livraison. Intérêt pour la gamme écolabel, échantillons laissés.",
        "Présentation des tapis d'accueil : {who} veut un devis pour l'entrée et l'arrière-boutique.",
        "12 % de papier en moins depuis les nouveaux dévidoirs. {who} étend à l'étage.",
        "Démonstration réussie. {who} valide le passage au désinfectant sans rinçage dans toute la cuisine.",
    ),
    "neutral": (
        "Passage rapide, {who} entre deux rendez-vous. Stock correct, rien à commander.",
        "{who} attend le budget de l'an prochain. Tarif transmis, à revoir après la réunion de direction.",
        "Point avec {who} : conditions actuelles reconduites, demande une comparaison sur les sacs 110 L.",
        "Remise des fiches de données de sécurité à {who}. Pas de besoin nouveau.",
    ),
    "negative": (
        "{who} a reçu une offre de {rival} à −8 % sur les bobines. Veut un prix palier dès 24 lots.",
        "Livraison incomplète le mois dernier, {who} s'en plaint. Avoir demandé au bureau.",
        "{who} juge les distributeurs trop chers et reste chez {rival} pour cette année.",
    ),
    "absent": (
        "{who} en déplacement, carte et catalogue laissés à l'accueil.",
        "Fermé à l'arrivée. Rendez-vous à reprendre par téléphone.",
    ),
}
OBJECTIONS = (
    "Prix de la ouate jugé élevé.",
    "Manque de place pour stocker.",
    "Sous contrat jusqu'en fin d'année.",
    "Veut l'accord du siège.",
    "Doute sur l'odeur du produit.",
)
NEXT_ACTIONS = (
    "Rappeler avec tarif palier",
    "Envoyer devis",
    "Envoyer fiche technique",
    "Livrer échantillons",
    "Reprendre rendez-vous",
    "Faire le point sur l'essai",
    "Présenter la gamme inox",
    "Relancer le devis",
)
CALLS = (
    ("Intéressé par le contrat d'entretien", "Rappeler après la réunion d'équipe."),
    ("Commande passée", "Réassort ouate et savon, livraison jeudi matin."),
    ("Sans réponse", "Message laissé sur le répondeur."),
    ("Question sur une facture", "Transmis au bureau, réponse promise sous 48 h."),
    ("Relance devis", "Décision attendue en fin de semaine."),
    ("Rendez-vous pris", "Préfère le matin, avant l'ouverture."),
)
TASKS = (
    "Envoyer la fiche technique inox",
    "Préparer offre annuelle",
    "Rappeler pour le réassort",
    "Vérifier le stock de dosettes",
    "Envoyer les fiches de données de sécurité",
    "Programmer la démonstration",
    "Commander les échantillons",
    "Relancer pour la signature",
    "Mettre à jour les contacts",
)
OPPORTUNITIES = (
    ("Contrat bobines annuel", "Ouate et hygiène papier", 9800),
    ("Équipement sanitaires", "Distributeurs", 6400),
    ("Tapis d'accueil", "Tapis", 4300),
    ("Gamme désinfection", "Désinfection", 5200),
    ("Autolaveuse compacte", "Machines", 3900),
    ("Passage à l'écolabel", "Détergents", 7600),
    ("Première commande test", "Savons et gels", 1250),
    ("Tri sélectif des bureaux", "Sacs et poubelles", 2700),
    ("Gants et protection", "Gants et protection", 3300),
    ("Vaisselle compostable", "Vaisselle jetable", 4800),
)
LOSS_REASONS = ("Prix", "Concurrent en place", "Budget reporté", "Sans réponse", "Besoin disparu")
REFUSALS = ("Prix", "Concurrent moins cher", "Projet reporté")
INTRODUCTION = "Suite à notre échange, veuillez trouver notre proposition. Nous restons à votre disposition."
