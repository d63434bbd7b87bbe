/**
 * What passwords that have to be changed now and then are made of, in the languages of the pages: seasons, months,
 * weekdays, and what a company calls itself and its doors. With a year or a number they are the first that are tried.
 */
export const predictableWords: readonly string[] = `
spring summer autumn fall winter season
january february march april may june july august september october november december
monday tuesday wednesday thursday friday saturday sunday weekend today tomorrow
frühling fruehling fruhling frühjahr fruehjahr sommer herbst
januar jänner jaenner februar märz maerz marz mai juni juli oktober dezember
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag wochenende heute morgen
printemps été ete automne hiver
janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre decembre
lundi mardi mercredi jeudi vendredi samedi dimanche
chuntian xiatian qiutian dongtian
company firma unternehmen entreprise societe gongsi business office büro buero bureau corporate intern internal
team staff work arbeit travail project projekt projet client customer kunde user benutzer utilisateur yonghu
welcome willkommen bienvenue huanying hello hallo bonjour nihao please bitte merci thanks danke
login logon signin anmelden anmeldung access zugang acces account konto compte zhanghao
password passwort kennwort motdepasse passwd pass mima secret geheim changeme change default standard
admin administrator root master service support system server network netzwerk test testing demo guest gast
website webseite site blog shop portal cloud intranet school schule ecole university universität universitaet
`
  .trim()
  .split(/\s+/);
