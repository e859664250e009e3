"""The words that French companies, people and streets are made of."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

_SURNAMES = """Martin Bernard Thomas Petit Robert Richard Durand Moreau Laurent Simon Michel Lefebvre Leroy
    Roux David Bertrand Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller
    Faure Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin
    Clément Morin Nicolas Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie
    Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard
    Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger
    Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc
    Payet Rolland Leclercq Guillaume Lecomte Lopez Jean Dupuy Guillot Hubert Berger Carpentier
    Sanchez Dupuis Moulin Louis Deschamps Huet Vasseur Perez Boucher Fleury Royer Klein Jacquet Adam
    Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard Maillard Baron Bertin
    Bailly Hervé Schneider Fernandez Collet Léger Bouvier Julien Prévost Millet Perrot Daniel Cousin
    Germain Breton Besson Langlois Rémy Le_Gall Pelletier Lévêque Perrier Leblanc Barré Lebrun
    Marchal Weber Mallet Hamon Boulanger Jacob Monnier Michaud Rodriguez Guichard Gillet Étienne
    Grondin Poulain Tessier Chevallier Collin Chauvin Da_Silva Bouchet Gay Lemaître Bénard Maréchal
    Humbert Reynaud Antoine Hoarau Perret Barthélemy Cordier Pichon Lejeune Gilbert Lamy Delaunay
    Pasquier Carlier Laporte Gros Buisson Vallet Benali Haddad Traoré Diallo Nguyen Costa Ferreira
    Rossi Chapuis Chavanne Genevois Grangier Jacquemond Burdin Favre Bouvard Duchamp Thévenet Ravier
    Berthet Perrachon Bérard Sornay Coquard Mollard Cottet Blanchet Bozon Anthoine Tissot Pernet
    Revol Servonnat Veyret"""
SURNAMES = tuple(name.replace("_", " ") for name in _SURNAMES.split())
WOMEN = tuple(
    """Sylvie Nathalie Isabelle Catherine Valérie Sandrine Stéphanie Céline Julie Émilie Aurélie Sophie
    Laurence Christine Véronique Caroline Laetitia Delphine Audrey Virginie Élodie Camille Marion
    Pauline Anaïs Claire Hélène Florence Patricia Corinne Myriam Nadia Fatima Samira Léa Manon Chloé
    Mathilde Agnès Brigitte""".split()
)
MEN = tuple(
    """Philippe Thierry Nicolas Christophe Frédéric Laurent Stéphane Olivier Sébastien David Éric Pascal
    Julien Guillaume Alexandre Patrick Vincent Bruno Franck Jérôme Arnaud Cédric Fabrice Romain
    Mathieu Antoine Thomas Maxime Kevin Benoît Damien Karim Mehdi Yannick Gilles Hervé Lionel Xavier
    Didier Ludovic""".split()
)
STREETS = tuple(
    """rue de la République;avenue Jean-Jaurès;rue Victor-Hugo;place de la Mairie;rue Pasteur;avenue de la
    Gare;rue des Écoles;boulevard Gambetta;rue du 8-Mai-1945;chemin des Vignes;rue de
    l'Industrie;zone artisanale des Platières;rue Ampère;avenue du Général-de-Gaulle;rue des
    Frères-Lumière;route de Lyon;route de Grenoble;rue du Commerce;place du Marché;rue
    Émile-Zola;avenue des Alpes;rue de la Liberté;impasse des Artisans;rue Jules-Ferry;allée des
    Tilleuls;quai Jean-Moulin;rue de Marseille;rue Voltaire;avenue Paul-Santy;rue du Lac;route de
    Chambéry;rue Antoine-de-Saint-Exupéry;rue des Tanneurs;cours Gambetta;montée du Château;rue
    Saint-Antoine;rue de la Soie;chemin du Moulin;rue Nationale;rue des Métiers""".replace(
        "\n    ", " "
    ).split(";")
)
HOURS = (
    "Lun-ven 8h-12h, 14h-18h",
    "Mar-sam 7h-13h, 15h-19h",
    "Lun-ven 7h30-17h",
    "Lun-sam 9h-19h",
    "Lun-jeu 8h-17h, ven 8h-12h",
    None,
)
ACCESS = (
    "Passer par la cour.",
    "Livraison à l'arrière, sonnette à droite du portail.",
    "Quai de déchargement, hayon inutile.",
    "Se présenter à l'accueil avec une pièce d'identité.",
    "Rue étroite : pas de porteur avant 10 h.",
    "Parking visiteurs à gauche de l'entrée.",
)
NOTES = (
    "Fermé le lundi. Paie à 30 jours fin de mois.",
    "Préfère être appelé avant 10 h.",
    "Très attentif au prix de la ouate.",
    "Demande systématiquement les fiches de données de sécurité.",
    "Livraison uniquement le matin.",
    "Commande groupée avec le second établissement.",
    "Ancien client de Hygiapro, revenu pour le service.",
    "Souhaite une gamme écolabellisée.",
    "Décision prise en réunion d'équipe le premier mardi du mois.",
    "Attend une offre sur les distributeurs.",
)
TAGS = ("écolabel", "appel d'offres", "multi-sites", "HACCP", "contrat annuel", "à fidéliser", "saisonnier")
SOURCES = ("Salon", "Recommandation", "Site internet", "Prospection terrain", "Appel entrant")


class Trade(NamedTuple):
    """A line of business: how its companies are called, its segment, NAF code and who works there."""

    words: tuple[str, ...]
    segment: str
    naf: str
    jobs: tuple[str, ...]


_BOSS = ("Gérant", "Responsable achats", "Assistante de direction")
TRADES = (
    Trade(
        ("Boulangerie", "Maison", "Pâtisserie"),
        "Commerce",
        "10.71C",
        ("Gérant", "Responsable boutique", "Chef boulanger"),
    ),
    Trade(
        ("Garage", "Carrosserie", "Auto Service"),
        "Automobile",
        "45.20A",
        ("Gérant", "Chef d'atelier", "Réceptionniste"),
    ),
    Trade(
        ("Quincaillerie", "Droguerie"),
        "Commerce",
        "47.52A",
        ("Gérant", "Responsable rayon", "Responsable achats"),
    ),
    Trade(
        ("Hôtel", "Auberge", "Résidence"),
        "Hôtellerie",
        "55.10Z",
        ("Directeur", "Gouvernante générale", "Économe"),
    ),
    Trade(
        ("Restaurant", "Brasserie", "Bouchon", "Pizzeria"),
        "Restauration",
        "56.10A",
        ("Gérant", "Chef de cuisine", "Responsable de salle"),
    ),
    Trade(
        ("Pharmacie", "Cabinet médical", "Laboratoire"),
        "Santé",
        "47.73Z",
        ("Titulaire", "Préparatrice", "Secrétaire médicale"),
    ),
    Trade(
        ("Clinique", "EHPAD", "Centre de soins"),
        "Santé",
        "86.10Z",
        ("Directeur", "Responsable hygiène", "Responsable achats", "Cadre de santé"),
    ),
    Trade(("Menuiserie", "Plomberie", "Électricité", "Peinture"), "Artisanat", "43.32A", _BOSS),
    Trade(
        ("Transports", "Messagerie", "Déménagements"),
        "Transport",
        "49.41A",
        ("Gérant", "Responsable exploitation", "Chef de parc"),
    ),
    Trade(
        ("Camping", "Village vacances"),
        "Hôtellerie",
        "55.30Z",
        ("Gérant", "Responsable entretien", "Directeur"),
    ),
    Trade(
        ("Imprimerie", "Mécanique", "Décolletage", "Plasturgie"),
        "Industrie",
        "18.12Z",
        ("Directeur", "Responsable achats", "Responsable maintenance", "Responsable QSE"),
    ),
    Trade(
        ("Propreté", "Net Service", "Multi-Services"),
        "Propreté",
        "81.21Z",
        ("Gérant", "Chef d'équipe", "Responsable d'agence", "Responsable achats"),
    ),
    Trade(
        ("École", "Collège", "Crèche"), "Collectivité", "85.20Z", ("Directeur", "Gestionnaire", "Intendant")
    ),
    Trade(
        ("Boucherie", "Fromagerie", "Traiteur", "Primeur"),
        "Commerce",
        "47.22Z",
        ("Gérant", "Responsable boutique", "Chef de laboratoire"),
    ),
    Trade(
        ("Salle de sport", "Piscine", "Institut"),
        "Loisirs",
        "93.13Z",
        ("Gérant", "Responsable d'accueil", "Responsable technique"),
    ),
    Trade(
        ("Ets", "Atelier", "Société"),
        "Industrie",
        "25.62B",
        ("Directeur", "Responsable achats", "Responsable maintenance"),
    ),
)
PLACES = (
    "du Port",
    "des Halles",
    "de la Gare",
    "du Lac",
    "des Alpes",
    "Beau Rivage",
    "Saint-Roch",
    "des Quais",
    "Les Pins",
    "du Parc",
    "de la Mairie",
    "Saint-Jean",
    "des Terreaux",
    "Bellevue",
    "du Centre",
    "des Remparts",
    "de la Tour",
    "Mont-Blanc",
    "du Pont",
    "des Tilleuls",
    "Saint-Pierre",
    "du Château",
    "de la Source",
    "des Cimes",
)
_FEMININE = {
    "Gérant": "Gérante",
    "Directeur": "Directrice",
    "Chef boulanger": "Cheffe boulangère",
    "Intendant": "Intendante",
    "Chef d'atelier": "Cheffe d'atelier",
    "Chef de cuisine": "Cheffe de cuisine",
    "Chef d'équipe": "Cheffe d'équipe",
    "Chef de parc": "Cheffe de parc",
    "Chef de laboratoire": "Cheffe de laboratoire",
}
_MASCULINE = {
    "Assistante de direction": "Assistant de direction",
    "Gouvernante générale": "Gouvernant général",
    "Préparatrice": "Préparateur",
    "Secrétaire médicale": "Secrétaire médical",
}


def job_for(civility: str, job: str) -> str:
    """The job's name for a woman (`mrs`) or a man (`mr`)."""
    return (_FEMININE if civility == "mrs" else _MASCULINE).get(job, job)


def decision_role(job: str) -> str:
    """The part that somebody with this job usually plays in a decision."""
    if job.startswith(("Gérant", "Direct", "Titulaire")):
        return "decides"
    return "buys" if "achats" in job or job in ("Économe", "Gestionnaire") else "influences"


@cache
def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.lower().replace("&", "et").replace("œ", "oe"))
    spaced = "".join(
        c if c.isascii() and c.isalnum() else " " for c in letters if not unicodedata.combining(c)
    )
    return "-".join(spaced.split())


def slug(*words: str) -> str:
    """The words in ASCII lower case, joined with hyphens: for addresses on the net."""
    return "-".join(filter(None, map(_plain, words)))
